import-of = Import: { $files }
imports = Imports
import-new = Import contributions
import-files = Files
import-do = Import
import-check = Validate only
import-skip = Import valid rows only
import-sending = Uploading
import-check-files = Check the files
import-check-about = The check saves nothing: it shows what would happen. The files are kept for an hour, so you choose them only once.
import-check-about-fts = The check saves nothing: it shows what would happen. Files of flows are kept for an hour, so you choose them only once. Plan overviews are not kept: choose them again to import them.
import-check-again = Check again with these columns
import-kept = The files are kept until { $until }.
import-gone = These files are no longer kept for you. Choose them again to import them.
import-valid-rows = { $count ->
    [one] Import 1 valid row
   *[other] Import { $count } valid rows
}
import-valid-and-decided = Import the valid rows
import-undecided = { $count ->
    [one] One row names a donor whose type the file does not state. It is imported if you say which donor it is, or record it with a type.
   *[other] { $count } rows name donors whose type the file does not state. They are imported if you say which donors these are, or record them with a type.
}
import-rejected-stay = { $count ->
    [one] One row is invalid and will be left out.
   *[other] { $count } rows are invalid and will be left out.
}
would-created = Would be created
would-updated = Would be updated
would-unchanged = Would stay unchanged
would-rejected = Would be rejected
would-not-applied = Not compared
would-count-created = Would be created
would-count-updated = Would be updated
would-count-unchanged = Would stay unchanged
would-count-rejected = Would be rejected
import-years = What would count in which year
import-years-about = Rows that would be created or updated, by the year of the decision, otherwise of the transaction or of the first report. Pledges do not count as funding.
import-currencies = Amounts by currency
import-counting = Funding
import-counts = Would count
import-counts-not = Would not count
import-donors = { $count ->
    [one] One donor is not in the registry
   *[other] { $count } donors are not in the registry
}
import-donors-about = Say for each name whether it is a new donor or one that is already registered. The system’s name for a registered donor is remembered.
import-donors-others = { $count ->
    [one] Record one more donor as new. It was not compared with the registry. Its rows that state no donor type are left out.
   *[other] Record { $count } more donors as new. They were not compared with the registry. Their rows that state no donor type are left out.
}
import-donors-page = Donors { $from } to { $to } of { $total }
import-donors-next = Continue with the next donors
import-donors-new = New donors
import-donor-is = It is { $name }
import-donor-new = It is a new donor
import-donor-other = It is another registered donor
import-donor-name = Name of the registered donor
import-donor-untyped = No type stated
import-donor-type = Type of the new donor
import-donor-leave = Leave out its rows that state no type
import-donor-alone = No registered donor has a similar name.
import-donor-alone-not-compared = Not compared with the registry.
import-changes = Changes
import-overwritten = overwritten
import-changed-to = now
import-record = Record
import-contribution = Contribution
import-refused = The files were not accepted
import-refused-help = { $count ->
    [one] One row is invalid; nothing was saved. Correct it, or import the valid rows only.
   *[other] { $count } rows are invalid; nothing was saved. Correct them, or import the valid rows only.
}
import-failed-help = The platform could not complete this import. Rows already imported are kept. Import the files again to finish.
import-dry-run = validation only, nothing is saved
import-progress = Progress
import-queued = Queued
import-applying = In progress
import-done = Done
import-checked = Validated
import-failed = Failed
reload = Refresh
started = Started
warnings = With warnings
verdict = Result
verdicts = Results by row
verdict-created = Created
verdict-updated = Updated
verdict-unchanged = Unchanged
verdict-rejected = Rejected
verdict-not-applied = Not applied
imports-format = File type
imports-format-csv = CSV
imports-format-xlsx = XLSX
imports-format-iati = IATI
imports-format-fts = FTS flows and plans
imports-hint-csv = One or more CSV files in UTF-8, separated by commas, semicolons or tabs. The first line contains the headings. Together they form one import.
imports-hint-xlsx = One or more XLSX files. The first sheet is read; its first row contains the headings. A formula counts as the value saved with it.
imports-hint-iati = One or more IATI activity files (2.01 to 2.03). What donors have pledged, committed or paid to us is read.
imports-hint-fts = One or more files as the FTS API provides them (JSON): pages of flows, plan overviews, or both. Each is recognised by its content. Plans are imported first; then all flows together form one import.
imports-template = Template with all columns and an example:
imports-source = Source system
imports-source-hint = A short name, such as erp. A row from the same system with the same reference is the same contribution.
imports-receiver = Our IATI organisation identifier
imports-receiver-hint = Required where the files identify us by it rather than by name.
imports-decimal = Decimal separator
imports-decimal-point = Point (1250.50)
imports-decimal-comma = Comma (1250,50)
imports-missing = No rows were read. Required fields are not matched:
imports-columns = Columns of the file
imports-columns-help = Match each column to a field. Unmatched columns are ignored.
imports-column-unread = Ignore
imports-column-unnamed = Column { $number } (no heading)
imports-as-saved = As saved for this system, otherwise the default
imports-empty = Empty cells
imports-empty-erase = Erase the existing value
imports-empty-keep = Keep the existing value
imports-save = Save these columns for { $source }
imports-saved = Saved columns
imports-saved-used = { $count ->
    [one] One column saved for { $source } on { $date } will be used.
   *[other] { $count } columns saved for { $source } on { $date } will be used.
}
imports-saved-columns = { $count ->
    [one] One column
   *[other] { $count } columns
}
imports-saved-delete = Delete the columns saved for { $source }
imports-field-external-ref = Reference in the source system
imports-field-donor = Donor name
imports-field-donor-ref = Donor reference in the source system
imports-field-donor-id = Donor ID
imports-field-donor-type = Donor type
imports-field-status = Status
imports-field-amount = Amount
imports-field-currency = Currency
imports-field-amount-usd = Amount in US dollars
imports-field-exchange-rate = Exchange rate
imports-field-exchange-rate-date = Date of the exchange rate
imports-field-exchange-rate-source = Source of the exchange rate
imports-field-decision-date = Decision date
imports-field-flow-date = Transaction date
imports-field-budget-year = Budget year
imports-field-usage-years = Usage years
imports-field-countries = Countries
imports-field-plan = Response plans (FTS number, ID or name)
imports-field-earmarking = Earmarking
imports-field-contribution-type = Financial or in kind
imports-field-method = Aid modality
imports-field-keywords = Keywords
imports-field-visibility = Visibility
imports-field-new-money = New money
imports-field-description = Description
imports-field-agreement = Agreement reference
imports-field-first-reported-date = Date of the first report
imports-field-other = Other details
imports-plans = Imports of response plans
imports-plans-of = Import of response plans: { $file }
import-line = line { $line } of the file
imports-plans-unnamed = Plan overview
imports-plans-others = Other plan overviews of this upload
imports-plans-refused-help = { $count ->
    [one] One plan is invalid; no plan of this file was saved, and flows sent with it were not imported. Correct it, or import the valid rows only.
   *[other] { $count } plans are invalid; no plan of this file was saved, and flows sent with it were not imported. Correct them, or import the valid rows only.
}
imports-plan-number = FTS number
imports-flows = Flows of this upload
imports-plans-not-kept = Plan overviews are not kept: choose the file again to import its plans.
imports-flows-kept = These flows are kept for an hour: import the plans first, then the flows on their own page.

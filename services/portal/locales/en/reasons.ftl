reason-required = { $kind ->
    [endorsement] The regional office above must endorse the proposal first.
   *[other] Please complete this field.
 }
reason-negative = This must not be negative.
reason-negative-row = This must not be negative: a row states what its contribution comes to. To correct a contribution, change its own row to what is left of it (0 if everything was returned) and import it again.
reason-state = { $kind ->
    [agenda_item] The item ({ $state }) does not allow this: it has been decided on or carried over, or there was a motion on it.
    [allocation_proposal] The current state of the proposal ({ $state }) does not allow this.
    [circulation] The state of the circulation on the proposal ({ $state }) does not allow this.
    [committee] Too few members without a conflict of interest hold a seat: make a motion in a meeting, which refers it to the head of the organisation.
    [decision] The state of the decision on the proposal ({ $state }) does not allow this.
    [meeting] The current state of the meeting ({ $state }) does not allow this.
    [motion] The state of the motion, or of another one on the same matter ({ $state }), does not allow this.
    [shortfall] The current state of the shortfall ({ $state }) does not allow this.
    [suggestion] The current state of the suggestion ({ $state }) does not allow this.
    [agreement] The current state of the agreement ({ $state }) does not allow this.
    [report] The current state of the report ({ $state }) does not allow this.
    [contribution] The current state of the contribution ({ $state }) does not allow this.
    [contact] This person’s data has been erased: record the person again.
    [office] The current state of the office ({ $state }) does not allow this.
    [person] The current state of the account ({ $state }) does not allow this.
    [role] This role still has holders: take it from them first.
    [client] This client has been revoked: create another one.
    [allocation_window] The current state of the allocation window ({ $state }) does not allow this.
   *[other] The current state ({ $state }) does not allow this.
 }
reason-no-rate = No exchange rate is recorded for { $currency } in this month ({ $month }): enter one with its date and source, or ask for the rates of the month to be imported.
reason-parts-first = Parts of it have been committed, paid or allocated: reverse those first.
reason-kept-elsewhere = This record is maintained in another system ({ $source }): change it there and import it again.
reason-second-person = The agreement is above the threshold and you have already signed: a second person must sign.
reason-invalid = This entry was not accepted.
reason-required-with = This field is required { $with }.
reason-required-one-of = One of these fields is required: { $fields }.
reason-not-allowed-with = Please leave this field empty { $with }.
reason-unknown-field = This field does not exist here. Known fields: { $allowed }
reason-too-long = Please use { $max } characters at most.
reason-too-short = Please use { $min } characters at least.
reason-too-many = Too many items: the maximum is { $max }.
reason-too-large = Too large: the maximum is { $max }.
reason-out-of-range = { $kind ->
    [weights] The weights must add up to { $max }.
    [floors] The floors must add up to { $max } percent at most.
   *[other] Please enter a number from { $min } to { $max }.
 }
reason-not-above-zero = This must be above zero.
reason-too-precise = { $max ->
    [0] Amounts in { $currency } have no decimals.
    [one] Amounts in { $currency } have { $max } decimal at most.
   *[other] Amounts in { $currency } have { $max } decimals at most.
 }
reason-inexact = This number has too many digits to be stored exactly: enter it as text, or shorten it.
reason-wrong-type = { $expected ->
    [string] Text is expected here.
    [integer] A whole number is expected here.
    [number] A number is expected here.
    [boolean] True or false is expected here.
    [array] A list is expected here.
    [object] An object with fields is expected here.
   *[other] A value of another type is expected here.
 }
reason-wrong-format = Please follow the format of this example: { $example }
reason-not-a-number = { $sent ->
    [yes] “{ $value }” is not a number: write it as 1250.50.
   *[no] Please enter a number.
 }
reason-not-a-date = { $sent ->
    [yes] “{ $value }” is not a date: write it as 2026-09-30.
   *[no] Please enter a date.
 }
reason-not-a-year = { $sent ->
    [yes] “{ $value }” is not a year from { $min } to { $max }.
   *[no] Please enter a year from { $min } to { $max }.
 }
reason-not-a-boolean = Please answer yes or no.
reason-not-an-id = This is not a valid identifier.
reason-not-an-email = Please enter an e-mail address, such as name@example.org.
reason-not-a-phone-number = Please enter a telephone number: digits, spaces and + - . / ( ).
reason-not-a-country = { $sent ->
    [yes] “{ $value }” is not a country code, such as KEN.
   *[no] Please enter a three-letter country code, such as KEN.
 }
reason-not-a-currency = { $sent ->
    [yes] “{ $value }” is not a currency code, such as EUR.
   *[no] Please enter a three-letter currency code, such as EUR.
 }
reason-withdrawn-currency = { $currency } was withdrawn before this date (last month: { $month }): enter the currency that was in use then, or correct the date.
reason-not-a-language = Please enter languages by their English names or ISO codes, separated by commas: French, English.
reason-not-a-time-zone = Please choose a time zone from the list, such as Africa/Nairobi.
reason-not-a-purpose-code = Please enter a five-digit DAC purpose code.
reason-not-one-of = { $sent ->
    [yes] “{ $value }” is not one of these: { $allowed }
   *[no] Please choose one of these: { $allowed }
 }
reason-hidden-characters = This contains invisible characters, or characters that change the direction of writing.
reason-forbidden-characters = Please use neither spaces nor any of these characters: { $characters }
reason-no-letters = This must contain a letter or a digit.
reason-date-out-of-range = Please enter a date between { $min } and { $max }.
reason-in-future = The date must not be in the future.
reason-not-after = This must be later than { $date } ({ $field }).
reason-before = This must not be earlier than { $date } ({ $field }).
reason-period-too-long = The period is too long: the maximum is { $max } years.
reason-duplicate = This value appears twice.
reason-already-exists = { $kind ->
    [donor] A donor with this name and type, or with one of these references, already exists.
    [contribution] A contribution with this reference, or one that replaces this one, already exists.
    [plan] A plan with this reference already exists.
    [office] An office with this code already exists.
    [person] This address already has an account.
    [role] Your organisation already has a role with this name.
   *[other] This already exists.
 }
reason-unknown-reference = { $kind ->
    [allocation_proposal] The committee does not decide on such a proposal.
    [seat] This person holds no such seat in the committee on this day.
    [office] Please choose one of your offices.
    [donor] Your organisation has no such donor.
    [agreement] Your office has no such agreement.
    [plan] { $sent ->
        [yes] Your organisation has no plan “{ $value }”.
       *[no] Your organisation has no such plan.
     }
    [contribution] You have no such contribution.
    [person] Please choose a member of your organisation’s staff.
    [role] Your organisation has no such role.
    [notification] You have no such notification.
   *[other] There is no such record.
 }
reason-not-yours = { $kind ->
    [agreement] This agreement belongs to another office.
    [contribution] Another office has a contribution with this reference.
    [plan] This plan belongs to another office.
   *[other] This belongs to another office.
 }
reason-other-donor = This agreement is with another donor.
reason-not-binding = This agreement is not signed, or has been cancelled.
reason-merged = This donor was merged into another one: use that one instead.
reason-circular = { $kind ->
    [office] An office cannot be placed below itself: choose another one.
   *[other] This is the same donor, or one is placed under the other: choose another one, or change the parent donor first.
 }
reason-not-active = Please choose an active member of staff.
reason-wrong-parent = An office of this type ({ $office }) cannot be placed under one of that type ({ $parent }).
reason-superseded = This merger was undone, or its donors have since been merged again.
reason-no-clearance = This donor needs a due diligence clearance and has none that is valid today.
reason-half-signed = A first person has signed the agreement: change its terms to start again, or have it signed.
reason-kept-here = This contribution was recorded here: change it here rather than by an import.
reason-reserved = This name is reserved for the platform: choose another one.
reason-wrong-currency = { $kind ->
    [agreement] The currency must be that of the agreement: { $currency }.
    [contribution] The currency must be that of the contribution: { $currency }.
   *[other] The currency must be { $currency }.
 }
reason-more-than-left = { $kind ->
    [allocation_window] The pool has no more than { $amount } for this window.
   *[other] This exceeds the open balance: { $amount }.
 }
reason-sum-differs = The parts do not add up to the amount: { $amount }.
reason-sum-too-large = { $kind ->
    [overhead] The overhead exceeds the rate of the pool. Maximum: { $amount }
    [least] This must not exceed the amount asked for: { $amount }.
    [allocation_window] This is less than what is already promised in the window: { $amount }.
    [window_least] This is more than the most that may be asked for: { $amount }.
   *[other] The parts add up to more than the amount: { $amount }.
 }
reason-differs = This does not agree with: { $field }.
reason-several-rates = The file contains several rates of { $currency } for this month ({ $month }).
reason-dollar-rate = The rate of the US dollar must be 1.
reason-no-amount = The record has no amount in its own currency.
reason-no-destination = State the destination: a country, a plan or a year.
reason-no-change = Please enter another amount, or other instalments.
reason-section-empty = Please complete this section, or attach a document.
reason-empty-file = The file, or its first sheet, is empty.
reason-wrong-file-format = The file is not in the expected format: { $expected }
reason-file-type-differs = The file’s content does not match its extension: the name ends in “.{ $ending }”, the content is { $media_type }.
reason-holds-macros = The file contains macros: save it without them.
reason-password-protected = The file is protected by a password, or is an old .xls file: save it as .xlsx without a password.
reason-damaged-file = The file is truncated or cannot be read.
reason-not-utf8 = This is not UTF-8 text: save the file as UTF-8.
reason-too-complex = The file, or part of it, is too large or too complex to be read.
reason-unsupported-version = The file is in version “{ $version }”; supported versions: { $expected }
reason-missing-column = No column is matched to: { $field }. Headings in the file: { $headings }
reason-column-twice = “{ $first }” and “{ $second }” are both matched to: { $field }
reason-no-receiver = The file contains transactions ({ $count }), but none names { $name } as the recipient: enter your IATI organisation identifier.
reason-after-files = This field must come before the files in the form.
reason-extra-cells = The row has more cells ({ $cells }) than there are headings ({ $headings }).
reason-decimal-comma = “{ $value }” contains a comma: use a decimal point, or choose the decimal comma.
reason-decimal-point = The number contains a point, but the decimal comma was chosen.
reason-number-for-date = This is a number: apply a date format to the cell, or write the date as 2026-09-30.
reason-cell-error = The cell contains a formula error: { $error }
reason-formula-without-value = The cell contains a formula whose value is not saved in the file: open it in a spreadsheet application and save it.
reason-contradiction = Duplicate reference with different contents: “{ $value }”.
reason-ambiguous = { $kind ->
    [plan] Several plans may be meant by “{ $value }”: enter the ID of the plan.
    [person] Several people may be meant: select one, or enter the e-mail address.
   *[donor] Several donors have this name: add the type, a reference or an identifier.
 }
reason-not-in-registry = { $sent ->
    [yes] This donor is not in the registry, and no donor type corresponds to its IATI organisation type ({ $value }): record the donor first.
   *[no] This donor is not in the registry: record it first, or add its name and type.
 }
reason-several-donors = Several organisations are named: no donor is recorded.
reason-kept-as-stated = The exchange rate gives { $computed }: the stated amount ({ $stated }) is kept.
reason-kept-as-reported = { $because } It is kept as reported.
reason-taken-as-not-stated = { $sent ->
    [yes] “{ $value }” is treated as not stated.
   *[no] This is not stated.
 }
reason-corrected = This is less than the file states: corrections of { $amount } were deducted.
reason-paid-more = The payments ({ $amount }) exceed the commitments ({ $committed }): the payments count.
reason-counts-no-longer = This now counts as zero: the money was returned, or other transactions state it.
reason-wrong-credentials = Incorrect e-mail address or password.
reason-token-not-valid = This sign-in or link is not valid: it is unknown, already used or expired.
reason-permission-needed = Your role lacks this permission: { $permission }
reason-beyond-your-rights = You can neither grant this ({ $value }) nor take it away: it exceeds your own rights.
reason-headquarters-only = Only headquarters can open donor accounts.
reason-no-role = This account has no role in this office.
reason-stale = Someone else has changed this record: reload the page.
reason-key-reused = This form has already been submitted with other contents: reload the page.
reason-in-progress = This form has just been submitted and is being processed: please wait.
reason-media-type = Another type of file or content is expected: { $allowed }
reason-foreign-cursor = This page of the list no longer exists: start again from the first page.
reason-malformed = The data sent cannot be read.
problem-reason-office-only = Only the office that this record belongs to can do this.
problem-reason-office-or-above-only = Only the office that this record belongs to, or one above it, can do this.
problem-reason-regional-office-only = Only the regional office above can do this.
problem-reason-headquarters-only = Only headquarters can do this.
problem-reason-focal-point-only = Only the donor’s focal point, or an administrator at headquarters, can do this.
problem-reason-staff-only = This is reserved for the organisation’s staff.
problem-reason-people-only = This is for people, not for API clients.
problem-reason-second-person = This step must be taken by a different person from the one before.
problem-reason-chair-only = This is for the chair of the committee.
problem-reason-seat-needed = This is for members of the committee who have a vote and are present.
problem-reason-conflict-of-interest = There is a conflict of interest in this proposal.
problem-reason-own-account = This is your own account: another administrator must do this.
problem-reason-last-administrator = This is the last active administrator at headquarters: appoint another one first.
problem-reason-kept-elsewhere = This is now managed in another service ({ $source }): please make the change there.
problem-reason-gateway-only = Requests are accepted through the gateway only.
problem-reason-office-not-known-yet = The office has just been created: please try again in a moment.
problem-reason-open-business = The office cannot be closed while something is open there. Offices below it: { $offices }; people: { $people }; API clients: { $clients }; agreements: { $agreements }.
problem-reason-publication-not-set = Publication settings are incomplete.
problem-reason-no-organisation = No organisation has been created yet.
problem-reason-rows-rejected = { $rejected } of { $rows } rows are invalid: nothing was saved.
problem-reason-body-too-large = This is too large: the maximum is { $max }.
problem-reason-body-broken = The transmission was interrupted: please send it again.
problem-reason-file-lost = The file was not stored: please send it again.
problem-reason-no-room = There is no storage space for the file at the moment.
problem-reason-too-many-requests = Too many requests: please try again in { $seconds } seconds.
problem-reason-export-under-way = Another export of yours is in progress: please wait until it is complete.
problem-reason-busy = The platform is very busy at the moment: please try again shortly.
problem-reason-sign-in-unavailable = Signing in is not possible at the moment.
problem-reason-key-missing = The key to personal data is missing: please inform your administrator.
problem-reason-envelope-exceeded = The window can promise no more than { $amount }.
problem-reason-no-eligible-money = The money that may be used for this is { $amount }: the rest is for other purposes or another time.
problem-reason-insufficient = No more than { $amount } is left.
problem-reason-already-reversed = This entry was reversed before.
problem-reason-not-reversible = An entry of this kind is not reversed: it is undone by another step.
problem-code-malformed-body = The data sent cannot be read.
problem-code-invalid-parameter = The address of this page contains something unknown.
problem-code-invalid-cursor = This page of the list no longer exists.
problem-code-unauthenticated = Please sign in first.
problem-code-invalid-grant = This sign-in is no longer valid: please sign in again.
problem-code-forbidden = Your role does not allow this.
problem-code-not-found = This record does not exist, or your account does not have access to it.
problem-code-method-not-allowed = This action is not possible with this record.
problem-code-not-acceptable = This format is not available.
problem-code-request-timeout = The request took too long: please send it again.
problem-code-conflict = The current state does not allow this, or the record already exists.
problem-code-stale-version = Someone else has changed this record.
problem-code-body-too-large = The data sent is too large.
problem-code-unsupported-media-type = This type of file is not supported.
problem-code-invalid-field = An entry in the form is not valid.
problem-code-idempotency-key-reused = This form has already been submitted with other contents.
problem-code-precondition-required = The page is out of date: reload it.
problem-code-rate-limited = Too many requests: please wait a moment.
problem-code-internal = Something went wrong on our side.
problem-code-unavailable = Part of the platform is unavailable: please try again.
problem-code-storage-full = The disk is full: data can be read but not saved.
problem-code-timeout = Part of the platform did not answer in time: please try again.
situation-consent = where the legal basis is consent
situation-exchange-rate = with an exchange rate
situation-us-dollars = for an amount in US dollars
situation-in-kind = for a contribution in kind
situation-not-in-kind = for a contribution that is not in kind
situation-even-split = where the amount is divided equally between the years
situation-financial-report = in a financial report
situation-narrative-report = in a report that is not financial
situation-cost-extension = in a cost extension
situation-no-cost-extension = in a no-cost extension
situation-budget-revision = in a budget revision
situation-donor-account = for a donor account
situation-staff-account = for a staff account
situation-period = together with a period
situation-measure = with this indicator ({ $measure })
refused-field-start-date = start
refused-field-end-date = current end
refused-field-period-start = start of the period
refused-field-period-end = end of the period
refused-field-submitted-at = submission
refused-field-due-date = previous due date
refused-field-given-on = date of consent
refused-field-valid-from = start of validity
refused-field-today = today
refused-field-from = first year
refused-field-usage-split = division by year
refused-field-amount = amount
refused-field-redirect-uri = address of the sign-in
refused-field-office-id = office
refused-field-client-id = client
refused-field-answer = chosen answer
size-bytes = { $number } bytes

reason-required = Please fill this in.
reason-negative = This must not be negative.
reason-state = { $kind ->
    [agreement] The present state of the agreement ({ $state }) does not allow this.
    [report] The present state of the report ({ $state }) does not allow this.
    [contribution] The present state of the contribution ({ $state }) does not allow this.
    [contact] What is known of this person was erased: record the person again.
   *[other] The present state ({ $state }) does not allow this.
 }
reason-no-rate = No exchange rate is recorded for { $currency } in this month ({ $month }): give one with its date and source, or have the rates of the month brought in.
reason-parts-first = Parts of it were committed, paid or allotted: reverse those first.
reason-kept-elsewhere = Another system ({ $source }) keeps this record: change it there and import it again.
reason-second-person = The agreement is above the threshold and you have signed: a second person signs.
reason-invalid = This was not accepted.
reason-required-with = This is required { $with }.
reason-required-one-of = One of these is required: { $fields }.
reason-not-allowed-with = Please leave this empty { $with }.
reason-unknown-field = There is no such field here. Known fields: { $allowed }
reason-too-long = Please use { $max } characters at most.
reason-too-short = Please use { $min } characters at least.
reason-too-many = Too many: the maximum is { $max }.
reason-too-large = Too large: the maximum is { $max }.
reason-out-of-range = Please give a number from { $min } to { $max }.
reason-not-above-zero = This must be above zero.
reason-too-precise = { $max ->
    [0] Amounts in { $currency } have no decimals.
    [one] Amounts in { $currency } have { $max } decimal at most.
   *[other] Amounts in { $currency } have { $max } decimals at most.
 }
reason-inexact = This number has too many digits to be kept exactly: write it as a text, or shorten it.
reason-wrong-type = { $expected ->
    [string] A text is expected here.
    [integer] A whole number is expected here.
    [number] A number is expected here.
    [boolean] True or false is expected here.
    [array] A list is expected here.
    [object] An object with fields is expected here.
   *[other] A value of another type is expected here.
 }
reason-wrong-format = Please write this as in this example: { $example }
reason-not-a-number = { $sent ->
    [yes] “{ $value }” is not a number: write it as 1250.50.
   *[no] Please give a number.
 }
reason-not-a-date = { $sent ->
    [yes] “{ $value }” is not a date: write it as 2026-09-30.
   *[no] Please give a date.
 }
reason-not-a-year = { $sent ->
    [yes] “{ $value }” is not a year from { $min } to { $max }.
   *[no] Please give a year from { $min } to { $max }.
 }
reason-not-a-boolean = This is neither yes nor no.
reason-not-an-id = This is not an id.
reason-not-an-email = Please give an e-mail address, such as name@example.org.
reason-not-a-phone-number = Please give a telephone number: digits, spaces and + - . / ( ).
reason-not-a-country = { $sent ->
    [yes] “{ $value }” is not the code of a country, such as KEN.
   *[no] Please give the three letters of a country, such as KEN.
 }
reason-not-a-currency = { $sent ->
    [yes] “{ $value }” is not the code of a currency, such as EUR.
   *[no] Please give the three letters of a currency, such as EUR.
 }
reason-not-a-language = Please write languages by their English names or ISO codes, with commas between them: French, English.
reason-not-a-time-zone = Please choose a time zone from the list, such as Africa/Nairobi.
reason-not-a-purpose-code = Please give a DAC purpose code of five digits.
reason-not-one-of = { $sent ->
    [yes] “{ $value }” is not one of these: { $allowed }
   *[no] Please choose one of these: { $allowed }
 }
reason-hidden-characters = This holds characters that cannot be seen, or that turn the direction of writing.
reason-forbidden-characters = Please use neither spaces nor any of { $characters }
reason-no-letters = This needs a letter or a digit.
reason-date-out-of-range = Please give a date between { $min } and { $max }.
reason-in-future = The date must not lie in the future.
reason-not-after = This must be later than { $date } ({ $field }).
reason-before = This must not be earlier than { $date } ({ $field }).
reason-period-too-long = The period is too long: the maximum is { $max } years.
reason-duplicate = This is named twice.
reason-already-exists = { $kind ->
    [donor] A donor of this name and type, or with one of these references, exists already.
    [contribution] A contribution with this reference, or in the place of this one, exists already.
    [plan] A plan with this reference exists already.
    [office] An office with this code exists already.
    [person] This address has an account already.
   *[other] This exists already.
 }
reason-unknown-reference = { $kind ->
    [office] Please choose one of your offices.
    [donor] Your organisation has no such donor.
    [agreement] Your office has no such agreement.
    [plan] Your organisation has no such plan.
    [contribution] You have no such contribution.
    [person] Please choose a member of your organisation’s staff.
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
reason-not-binding = This agreement is not signed, or is cancelled.
reason-merged = This donor was merged into another one: use that one.
reason-circular = These two are the same donor, or one stands above the other: choose another one, or change the parent first.
reason-not-active = Please choose an active member of staff.
reason-wrong-parent = An office of this kind ({ $office }) cannot stand below one of that kind ({ $parent }).
reason-superseded = This merger was undone, or its donors were merged again since.
reason-no-clearance = The private-sector donor has no due-diligence clearance that holds today.
reason-half-signed = A first person has signed the agreement: change its terms to begin anew, or have it signed.
reason-kept-here = This contribution was recorded here: change it here and not by an import.
reason-reserved = This name is reserved for the platform: choose another one.
reason-wrong-currency = { $kind ->
    [agreement] The currency must be that of the agreement: { $currency }.
    [contribution] The currency must be that of the contribution: { $currency }.
   *[other] The currency must be { $currency }.
 }
reason-more-than-left = This is more than is open: { $amount }.
reason-sum-differs = The parts are not together exactly the amount: { $amount }.
reason-sum-too-large = The parts are together more than the amount: { $amount }.
reason-differs = This does not agree with: { $field }.
reason-several-rates = The file gives several rates of { $currency } for this month ({ $month }).
reason-dollar-rate = A US dollar costs one US dollar.
reason-no-amount = The record has no amount in its own currency.
reason-no-destination = Say where it goes: a country, a plan or a year.
reason-no-change = Please give another amount, or other instalments.
reason-section-empty = Please write this section, or attach a document.
reason-empty-file = The file, or its first sheet, is empty.
reason-wrong-file-format = The file is not of the expected format: { $expected }
reason-file-type-differs = The file is not what its name says: the name ends in “.{ $ending }”, the content is { $media_type }.
reason-holds-macros = The file holds macros: save it without them.
reason-password-protected = The file has a password, or is an old .xls file: save it as .xlsx without a password.
reason-damaged-file = The file breaks off, or cannot be read.
reason-not-utf8 = This is not UTF-8 text: save the file as UTF-8.
reason-too-complex = The file, or a part of it, is larger or more involved than is read here.
reason-unsupported-version = The file is of version “{ $version }”; these are read: { $expected }
reason-missing-column = No column stands for: { $field }. The file’s headings: { $headings }
reason-column-twice = “{ $first }” and “{ $second }” both stand for: { $field }
reason-no-receiver = The file holds transactions ({ $count }), but none names { $name } as the one who receives: give your IATI organisation identifier.
reason-after-files = This must stand before the files in the form.
reason-extra-cells = The row has more cells ({ $cells }) than there are headings ({ $headings }).
reason-decimal-comma = “{ $value }” holds a comma: write a decimal point, or choose the decimal comma.
reason-decimal-point = The number holds a point, but the decimal comma was chosen.
reason-number-for-date = This is a number: give the cell a date format, or write the date as 2026-09-30.
reason-cell-error = The cell holds an error of its formula: { $error }
reason-formula-without-value = The cell holds a formula whose value the file does not keep: open it in a spreadsheet program and save it.
reason-contradiction = “{ $value }” stands in the files twice, with different contents.
reason-ambiguous = Several donors have this name: add the type, a reference or an id.
reason-not-in-registry = This donor is not in the registry: record it first, or add its name and type.
reason-several-donors = Several organisations are named: no donor is recorded.
reason-kept-as-stated = The exchange rate gives { $computed }: the stated { $stated } is kept.
reason-kept-as-reported = { $because } It is kept as reported.
reason-taken-as-not-stated = { $sent ->
    [yes] “{ $value }” is taken as not stated.
   *[no] This is not stated.
 }
reason-wrong-credentials = The address or the password is wrong.
reason-token-not-valid = This sign-in or link does not hold: it is unknown, used or too old.
reason-permission-needed = Your role lacks this permission: { $permission }
reason-beyond-your-rights = You cannot give this ({ $value }): it goes beyond what you may do yourself.
reason-headquarters-only = Only headquarters gives donor accounts.
reason-no-role = This account has no role in this office.
reason-stale = Somebody else has changed this record meanwhile: load the page again.
reason-key-reused = This form was sent before with other contents: load the page again.
reason-in-progress = This form was sent a moment ago and is still being worked on: please wait.
reason-media-type = Another type of file or content is expected: { $allowed }
reason-foreign-cursor = This page of the list does not exist any more: begin at its first page.
reason-malformed = What was sent cannot be read.
problem-reason-office-only = Only the office that this record belongs to does this.
problem-reason-office-or-above-only = Only the office that this record belongs to, or one above it, does this.
problem-reason-regional-office-only = Only the regional office above does this.
problem-reason-headquarters-only = Only headquarters does this.
problem-reason-staff-only = This is for the organisation’s staff only.
problem-reason-people-only = This is for people, not for API clients.
problem-reason-second-person = Another person than the one who took the step before has to do this.
problem-reason-gateway-only = Requests come through the gateway only.
problem-reason-office-not-known-yet = The office was set up just now: please try again in a moment.
problem-reason-publication-not-set = The organisation has not said yet how it publishes.
problem-reason-no-organisation = No organisation has been set up yet.
problem-reason-rows-rejected = { $rejected } of { $rows } rows cannot be used: nothing was kept.
problem-reason-body-too-large = This is too large: the maximum is { $max }.
problem-reason-body-broken = The transmission broke off: please send it again.
problem-reason-file-lost = The file was not kept: please send it again.
problem-reason-no-room = There is no room for the file at the moment.
problem-reason-too-many-requests = Too many requests: please try again in { $seconds } seconds.
problem-reason-export-under-way = Another export of yours is under way: please wait until it is done.
problem-reason-busy = Much is under way at the moment: please try again shortly.
problem-reason-sign-in-unavailable = Signing in is not possible at the moment.
problem-reason-key-missing = The key to personal data is missing: please tell your administrator.
problem-code-malformed-body = What was sent cannot be read.
problem-code-invalid-parameter = The address of this page holds something that is not known here.
problem-code-invalid-cursor = This page of the list does not exist any more.
problem-code-unauthenticated = Please sign in first.
problem-code-invalid-grant = This sign-in does not hold any more: please sign in again.
problem-code-forbidden = Your role does not allow this.
problem-code-not-found = This record does not exist, or is not for your account.
problem-code-method-not-allowed = This cannot be done with this record.
problem-code-not-acceptable = There is no such form of this.
problem-code-request-timeout = The transmission took too long: please send it again.
problem-code-conflict = The present state does not allow this, or the record exists already.
problem-code-stale-version = Somebody else has changed this record meanwhile.
problem-code-body-too-large = What was sent is too large.
problem-code-unsupported-media-type = This type of file is not read here.
problem-code-invalid-field = Something in the form is wrong.
problem-code-idempotency-key-reused = This form was sent before with other contents.
problem-code-precondition-required = The page is out of date: load it again.
problem-code-rate-limited = Too many requests: please wait a moment.
problem-code-internal = Something went wrong on our side.
problem-code-unavailable = A part of the platform is unavailable: please try again.
problem-code-storage-full = The disk is full: reading goes on, writing does not.
problem-code-timeout = A part of the platform did not answer in time: please try again.
situation-consent = where the basis is consent
situation-exchange-rate = with an exchange rate
situation-us-dollars = for an amount in US dollars
situation-in-kind = for a contribution in kind
situation-not-in-kind = for a contribution that is not in kind
situation-even-split = where the amount is divided evenly over the years
situation-financial-report = in a financial report
situation-narrative-report = in a report that is not financial
situation-cost-extension = in a cost extension
situation-no-cost-extension = in a no-cost extension
situation-budget-revision = in a budget revision
situation-donor-account = for a donor’s account
situation-period = together with a period
situation-measure = with this figure ({ $measure })
refused-field-start-date = start
refused-field-end-date = present end
refused-field-period-start = start of the period
refused-field-period-end = end of the period
refused-field-due-date = due date before
refused-field-given-on = date of consent
refused-field-valid-from = beginning of validity
refused-field-from = first year
refused-field-usage-split = division over the years
refused-field-amount = amount
refused-field-redirect-uri = address of the sign-in
refused-field-office-id = office
refused-field-client-id = client
size-bytes = { $number } bytes

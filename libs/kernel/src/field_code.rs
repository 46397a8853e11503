//! Error codes: stable identifiers for programs and translations, while the sentences beside them may be reworded.

use crate::closed_set;

closed_set! {
    /// The error code of a field, for programs and translations, with details in `params`. New codes may be added:
    /// treat an unknown code as `invalid`.
    pub enum FieldCode {
        /// Not accepted; see `detail`. Also used for errors that an older version recorded without a code.
        Invalid = "invalid",

        /// Missing, or only whitespace.
        Required = "required",
        /// Required in this case, named by `with`.
        RequiredWith = "required_with",
        /// One of `fields` is required.
        RequiredOneOf = "required_one_of",
        /// Not allowed in this case, named by `with`.
        NotAllowedWith = "not_allowed_with",
        /// Unknown field or parameter; must be one of `allowed`.
        UnknownField = "unknown_field",

        /// More than `max` characters.
        TooLong = "too_long",
        /// Fewer than `min` characters.
        TooShort = "too_short",
        /// More than `max` entries, rows, files or columns.
        TooMany = "too_many",
        /// Larger than `max`: an amount in `currency`, or bytes.
        TooLarge = "too_large",
        /// A number outside `min` to `max`.
        OutOfRange = "out_of_range",
        /// Below zero.
        Negative = "negative",
        /// Below zero in a row of a table, which states what its contribution comes to: the row of the contribution that is
        /// corrected has to be sent again with what is left of it.
        NegativeRow = "negative_row",
        /// Zero or below.
        NotAboveZero = "not_above_zero",
        /// More than the `max` decimals of `currency`.
        TooPrecise = "too_precise",
        /// A number with more digits than can be stored exactly.
        Inexact = "inexact",

        /// Not of the JSON type `expected`.
        WrongType = "wrong_type",
        /// Not in the format of `example`.
        WrongFormat = "wrong_format",
        /// Not a decimal number.
        NotANumber = "not_a_number",
        /// Not a date (YYYY-MM-DD).
        NotADate = "not_a_date",
        /// Not a year from `min` to `max`.
        NotAYear = "not_a_year",
        /// Neither true nor false.
        NotABoolean = "not_a_boolean",
        /// Not a UUID.
        NotAnId = "not_an_id",
        /// Not an e-mail address.
        NotAnEmail = "not_an_email",
        /// Not digits, spaces and `+ - . / ( )`.
        NotAPhoneNumber = "not_a_phone_number",
        /// Not an ISO 3166-1 alpha-3 code.
        NotACountry = "not_a_country",
        /// Not an ISO 4217 code.
        NotACurrency = "not_a_currency",
        /// `currency` was withdrawn in `month`, before the date it is used with.
        WithdrawnCurrency = "withdrawn_currency",
        /// Not an ISO 639 code.
        NotALanguage = "not_a_language",
        /// Not an IANA time zone.
        NotATimeZone = "not_a_time_zone",
        /// Not a DAC purpose code of five digits.
        NotAPurposeCode = "not_a_purpose_code",
        /// Must be one of `allowed`.
        NotOneOf = "not_one_of",
        /// Control characters, or characters that change the writing direction.
        HiddenCharacters = "hidden_characters",
        /// A space, or one of `characters`.
        ForbiddenCharacters = "forbidden_characters",
        /// Neither a letter nor a digit.
        NoLetters = "no_letters",

        /// A date outside the years `min` to `max`.
        DateOutOfRange = "date_out_of_range",
        /// A date in the future.
        InFuture = "in_future",
        /// Not after `date`, which is that of `field`.
        NotAfter = "not_after",
        /// Before `date`, which is that of `field`.
        Before = "before",
        /// Longer than `max` years.
        PeriodTooLong = "period_too_long",

        /// Given twice.
        Duplicate = "duplicate",
        /// A record of this `kind` with these data exists already.
        AlreadyExists = "already_exists",
        /// No record of this `kind` that the caller may see.
        UnknownReference = "unknown_reference",
        /// A record of this `kind` that belongs to another office.
        NotYours = "not_yours",
        /// An agreement with another donor.
        OtherDonor = "other_donor",
        /// An agreement that is not signed or is cancelled.
        NotBinding = "not_binding",
        /// A donor that was merged into another donor.
        Merged = "merged",
        /// A donor or office that would be its own ancestor, or a donor that would be merged with itself or with an
        /// ancestor.
        Circular = "circular",
        /// A person who is not active.
        NotActive = "not_active",
        /// A type of office that cannot be below a `parent`.
        WrongParent = "wrong_parent",

        /// The current `state` of the record of this `kind` does not allow it.
        State = "state",
        /// It was undone or superseded by a later change.
        Superseded = "superseded",
        /// The donor needs a due-diligence clearance and has none that holds today.
        NoClearance = "no_clearance",
        /// A second person has to do this.
        SecondPerson = "second_person",
        /// The agreement has a first signature.
        HalfSigned = "half_signed",
        /// Parts of the contribution were committed, paid or allocated: reverse those first.
        PartsFirst = "parts_first",
        /// The record is maintained in the system `source`, which sends it.
        KeptElsewhere = "kept_elsewhere",
        /// The record was created in Passerelle and is changed there, not by an import.
        KeptHere = "kept_here",
        /// A name that is reserved for the platform.
        Reserved = "reserved",

        /// Must be in `currency`, that of the record of this `kind`.
        WrongCurrency = "wrong_currency",
        /// More than the open `amount` in `currency`.
        MoreThanLeft = "more_than_left",
        /// The parts do not add up to `amount` in `currency`.
        SumDiffers = "sum_differs",
        /// The parts add up to more than `amount` in `currency`.
        SumTooLarge = "sum_too_large",
        /// Differs from `field`.
        Differs = "differs",
        /// No exchange rate of `currency` is recorded for `month`, and none is given.
        NoRate = "no_rate",
        /// The file has several rates of `currency` for `month`.
        SeveralRates = "several_rates",
        /// The rate of the US dollar must be 1.
        DollarRate = "dollar_rate",
        /// The record has no amount in its own currency.
        NoAmount = "no_amount",
        /// No destination: neither a country nor a plan nor a year.
        NoDestination = "no_destination",
        /// Nothing would change.
        NoChange = "no_change",
        /// The section is empty, and no document is attached.
        SectionEmpty = "section_empty",

        /// The file, or its first sheet, is empty.
        EmptyFile = "empty_file",
        /// The file is not in the format `expected`.
        WrongFileFormat = "wrong_file_format",
        /// The file's extension is `ending`, its content is `media_type`.
        FileTypeDiffers = "file_type_differs",
        /// The file contains macros.
        HoldsMacros = "holds_macros",
        /// The file has a password or an old format.
        PasswordProtected = "password_protected",
        /// The file is truncated or cannot be read.
        DamagedFile = "damaged_file",
        /// The file is not UTF-8 text.
        NotUtf8 = "not_utf8",
        /// The file exceeds the limits for compression or nesting.
        TooComplex = "too_complex",
        /// The version is not one of `expected`.
        UnsupportedVersion = "unsupported_version",
        /// No column is mapped to `field`.
        MissingColumn = "missing_column",
        /// Two columns, `first` and `second`, are mapped to `field`.
        ColumnTwice = "column_twice",
        /// None of the `count` transactions names the organisation as the receiver.
        NoReceiver = "no_receiver",
        /// The field must come before the files in the form.
        AfterFiles = "after_files",

        /// The row has more cells than there are headings.
        ExtraCells = "extra_cells",
        /// The number contains a comma.
        DecimalComma = "decimal_comma",
        /// The number contains a point, but the decimal separator is a comma.
        DecimalPoint = "decimal_point",
        /// A number instead of a date.
        NumberForDate = "number_for_date",
        /// The cell contains the formula error `error`.
        CellError = "cell_error",
        /// The cell contains a formula without a stored value.
        FormulaWithoutValue = "formula_without_value",
        /// The reference appears in the files twice, with different contents.
        Contradiction = "contradiction",
        /// Several donors have this name, or (`kind` is `plan`) `value` may mean several plans.
        Ambiguous = "ambiguous",
        /// The donor is not in the registry; no donor type goes with the IATI organisation type `value`, if there is one.
        NotInRegistry = "not_in_registry",
        /// Several donors are named, so no donor is recorded (a warning).
        SeveralDonors = "several_donors",
        /// The exchange rate gives `computed` US dollars; `stated` is kept (a warning).
        KeptAsStated = "kept_as_stated",
        /// Invalid for the reason given by the code `because`, and kept as reported (a warning).
        KeptAsReported = "kept_as_reported",
        /// Not stated, or the `value` cannot be used and is treated as not stated (a warning).
        TakenAsNotStated = "taken_as_not_stated",
        /// Less than stated: corrections of `amount` in `currency` were set off against it (a warning).
        Corrected = "corrected",
        /// Payments of `amount` exceed the commitments of `committed`, in `currency`: the payments count (a warning).
        PaidMore = "paid_more",
        /// Zero: the money was returned, or other transactions state it by now (a warning).
        CountsNoLonger = "counts_no_longer",

        /// The address or the password is wrong, or the client's secret.
        WrongCredentials = "wrong_credentials",
        /// The token, code or invitation is invalid: unknown, used or expired.
        TokenNotValid = "token_not_valid",
        /// The caller needs the `permission`.
        PermissionNeeded = "permission_needed",
        /// The caller can neither grant `value` nor take it away: it exceeds the caller's own permissions.
        BeyondYourRights = "beyond_your_rights",
        /// Only headquarters may do this.
        HeadquartersOnly = "headquarters_only",
        /// The person has no role in this office.
        NoRole = "no_role",
        /// The record has changed since it was read.
        Stale = "stale",
        /// The idempotency key was used with another request before.
        KeyReused = "key_reused",
        /// The first request with this idempotency key is still in progress.
        InProgress = "in_progress",
        /// The media type is not one of `allowed`.
        MediaType = "media_type",
        /// The cursor belongs to another list.
        ForeignCursor = "foreign_cursor",
        /// Not JSON, or not a form.
        Malformed = "malformed",
    }
}

closed_set! {
    /// Why a request is refused when no single field is at fault, with details in `params`. New reasons may be added.
    pub enum Reason {
        /// Only the office that owns the record may do this.
        OfficeOnly = "office_only",
        /// Only the office that owns the record, or one above it, may do this.
        OfficeOrAboveOnly = "office_or_above_only",
        /// Only the regional office above may do this.
        RegionalOfficeOnly = "regional_office_only",
        /// Only headquarters may do this.
        HeadquartersOnly = "headquarters_only",
        /// Only the donor's focal point, or an administrator at headquarters, may do this.
        FocalPointOnly = "focal_point_only",
        /// For the organisation's staff only.
        StaffOnly = "staff_only",
        /// For people, not for API clients.
        PeopleOnly = "people_only",
        /// Must be done by a person other than the one who took the previous step.
        SecondPerson = "second_person",
        /// Only the chair of the committee may do this.
        ChairOnly = "chair_only",
        /// Only a member of the committee whose seat has a vote, and who is there, may do this.
        SeatNeeded = "seat_needed",
        /// The person has a conflict of interest in the proposal.
        ConflictOfInterest = "conflict_of_interest",
        /// The caller's own account: another person has to do this.
        OwnAccount = "own_account",
        /// The organisation's last active administrator at headquarters.
        LastAdministrator = "last_administrator",
        /// The records are maintained in the system `source`.
        KeptElsewhere = "kept_elsewhere",
        /// Requests must come through the gateway.
        GatewayOnly = "gateway_only",
        /// The office is not known here yet: try again.
        OfficeNotKnownYet = "office_not_known_yet",
        /// The office cannot be closed: `offices` below it, `people`, API `clients` and `agreements` are open there;
        /// `references` are those of the first agreements.
        OpenBusiness = "open_business",
        /// The organisation has no publication settings yet.
        PublicationNotSet = "publication_not_set",
        /// The deployment has no organisation yet.
        NoOrganisation = "no_organisation",
        /// `rejected` of `rows` rows are invalid, so none was saved.
        RowsRejected = "rows_rejected",
        /// The request body has more than `max` bytes.
        BodyTooLarge = "body_too_large",
        /// The request body is truncated or cannot be read.
        BodyBroken = "body_broken",
        /// The file was removed meanwhile: send it again.
        FileLost = "file_lost",
        /// There is no disk space for the file.
        NoRoom = "no_room",
        /// Too many requests: try again after `seconds`.
        TooManyRequests = "too_many_requests",
        /// Another export of the same caller is in progress.
        ExportUnderWay = "export_under_way",
        /// Too many requests are in progress: try again in a moment.
        Busy = "busy",
        /// Signing in is not possible at the moment.
        SignInUnavailable = "sign_in_unavailable",
        /// The deployment has no encryption key for personal data.
        KeyMissing = "key_missing",
        /// The window can promise no more than `amount` in `currency`.
        EnvelopeExceeded = "envelope_exceeded",
        /// The money that may be used for this is `amount` in `currency`, however much there is for other purposes.
        NoEligibleMoney = "no_eligible_money",
        /// No more than `amount` in `currency` is left at that stage.
        Insufficient = "insufficient",
        /// The entry was reversed before.
        AlreadyReversed = "already_reversed",
        /// An entry of this kind is undone by another one, and not reversed.
        NotReversible = "not_reversible",
    }
}

closed_set! {
    /// The kinds of record in the error parameter `kind`.
    pub enum RecordKind {
        Office = "office",
        Donor = "donor",
        Agreement = "agreement",
        Plan = "plan",
        Contribution = "contribution",
        Report = "report",
        Contact = "contact",
        Person = "person",
        Notification = "notification",
        Merge = "merger",
        Role = "role",
        Client = "client",
    }
}

closed_set! {
    /// The cases in which a field is required or not allowed, in the error parameter `with`.
    pub enum Situation {
        Consent = "consent",
        ExchangeRate = "exchange_rate",
        UsDollars = "us_dollars",
        InKind = "in_kind",
        NotInKind = "not_in_kind",
        EvenSplit = "even_split",
        FinancialReport = "financial_report",
        NarrativeReport = "narrative_report",
        CostExtension = "cost_extension",
        NoCostExtension = "no_cost_extension",
        BudgetRevision = "budget_revision",
        DonorAccount = "donor_account",
        StaffAccount = "staff_account",
        Period = "period",
        /// The measure `measure`.
        Measure = "measure",
    }
}

impl RecordKind {
    /// With its article, for English sentences.
    pub(crate) const fn with_article(self) -> &'static str {
        match self {
            Self::Office => "an office",
            Self::Donor => "a donor",
            Self::Agreement => "an agreement",
            Self::Plan => "a plan",
            Self::Contribution => "a contribution",
            Self::Report => "a report",
            Self::Contact => "a contact",
            Self::Person => "a member of staff",
            Self::Notification => "a notification",
            Self::Merge => "a merge",
            Self::Role => "a role",
            Self::Client => "an API client",
        }
    }
}

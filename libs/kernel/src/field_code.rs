//! The codes of refusals: what programs and translations go by, while the sentences beside them may be reworded.

use crate::closed_set;

closed_set! {
    /// What is wrong with a field, for programs and translations; `params` hold what the code speaks of. New codes are
    /// added now and then, so take one that you do not know for `invalid`.
    pub enum FieldCode {
        /// It is not accepted; `detail` says why. Also what an older version recorded without a code.
        Invalid = "invalid",

        /// Nothing is there, or only blanks.
        Required = "required",
        /// It is required in this case: `with` names the case.
        RequiredWith = "required_with",
        /// One of several is required: `fields` names them.
        RequiredOneOf = "required_one_of",
        /// It is not given in this case: `with` names the case.
        NotAllowedWith = "not_allowed_with",
        /// There is no such field or parameter here; those there are: `allowed`.
        UnknownField = "unknown_field",

        /// More than `max` characters.
        TooLong = "too_long",
        /// Fewer than `min` characters.
        TooShort = "too_short",
        /// More than `max` entries, rows, files or columns.
        TooMany = "too_many",
        /// Larger than `max`: an amount in `currency`, or bytes.
        TooLarge = "too_large",
        /// A number outside of `min` to `max`.
        OutOfRange = "out_of_range",
        /// Below zero.
        Negative = "negative",
        /// Zero or below.
        NotAboveZero = "not_above_zero",
        /// More than the `max` decimals of `currency`.
        TooPrecise = "too_precise",
        /// A number with more digits than can be kept exactly.
        Inexact = "inexact",

        /// Another JSON type than `expected`.
        WrongType = "wrong_type",
        /// Another form than that of `example`.
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
        /// Not an ISO 639 code.
        NotALanguage = "not_a_language",
        /// Not an IANA time zone.
        NotATimeZone = "not_a_time_zone",
        /// Not a DAC purpose code of five digits.
        NotAPurposeCode = "not_a_purpose_code",
        /// Not one of the words in `allowed`.
        NotOneOf = "not_one_of",
        /// Control characters, or characters that change the direction of writing.
        HiddenCharacters = "hidden_characters",
        /// A space, or one of `characters`.
        ForbiddenCharacters = "forbidden_characters",
        /// Neither a letter nor a digit.
        NoLetters = "no_letters",

        /// A date outside of the years `min` to `max`.
        DateOutOfRange = "date_out_of_range",
        /// A date in the future.
        InFuture = "in_future",
        /// Not after `date`, which is that of `field`.
        NotAfter = "not_after",
        /// Before `date`, which is that of `field`.
        Before = "before",
        /// Longer than `max` years.
        PeriodTooLong = "period_too_long",

        /// Named twice.
        Duplicate = "duplicate",
        /// A record of this `kind` with these data exists already.
        AlreadyExists = "already_exists",
        /// No record of this `kind` that the caller may see.
        UnknownReference = "unknown_reference",
        /// A record of this `kind` that belongs to another office.
        NotYours = "not_yours",
        /// An agreement with another donor.
        OtherDonor = "other_donor",
        /// An agreement that is not signed, or is cancelled.
        NotBinding = "not_binding",
        /// A donor that was merged into another one.
        Merged = "merged",
        /// A donor that would stand above itself, or be merged with itself or one above it.
        Circular = "circular",
        /// A person who is not active.
        NotActive = "not_active",
        /// A kind of office that cannot stand below that of `parent`.
        WrongParent = "wrong_parent",

        /// The present `state` of the `kind` of record does not allow it.
        State = "state",
        /// It was undone, or overtaken by a later change.
        Superseded = "superseded",
        /// The private-sector donor has no due-diligence clearance that holds today.
        NoClearance = "no_clearance",
        /// A second person has to do it.
        SecondPerson = "second_person",
        /// A first person has signed the agreement.
        HalfSigned = "half_signed",
        /// Parts of the contribution were committed, paid or allotted: reverse those first.
        PartsFirst = "parts_first",
        /// The record is kept by the system `source`, which sends it.
        KeptElsewhere = "kept_elsewhere",
        /// The record was made here and is changed here, not by an import.
        KeptHere = "kept_here",
        /// A name that is reserved for the platform.
        Reserved = "reserved",

        /// It must be in `currency`, that of the `kind` of record.
        WrongCurrency = "wrong_currency",
        /// More than the `amount` in `currency` that is left.
        MoreThanLeft = "more_than_left",
        /// The parts are not together exactly `amount` in `currency`.
        SumDiffers = "sum_differs",
        /// The parts are together more than `amount` in `currency`.
        SumTooLarge = "sum_too_large",
        /// Another value than that of `field`.
        Differs = "differs",
        /// No exchange rate of `currency` is recorded for `month`, and none is given.
        NoRate = "no_rate",
        /// The file has several rates of `currency` for `month`.
        SeveralRates = "several_rates",
        /// A US dollar costs one US dollar.
        DollarRate = "dollar_rate",
        /// The record has no amount in its own currency.
        NoAmount = "no_amount",
        /// Neither a country, nor a plan, nor a year that the money goes to.
        NoDestination = "no_destination",
        /// Nothing would change.
        NoChange = "no_change",
        /// The section is empty, and no document is attached.
        SectionEmpty = "section_empty",

        /// The file, or its first sheet, is empty.
        EmptyFile = "empty_file",
        /// The file is not of the format `expected`.
        WrongFileFormat = "wrong_file_format",
        /// The file's name says `ending`, its content is `media_type`.
        FileTypeDiffers = "file_type_differs",
        /// The file holds macros.
        HoldsMacros = "holds_macros",
        /// The file has a password, or is of an old format.
        PasswordProtected = "password_protected",
        /// The file breaks off, or cannot be read.
        DamagedFile = "damaged_file",
        /// The file is not UTF-8 text.
        NotUtf8 = "not_utf8",
        /// What the file packs or nests is beyond the bounds.
        TooComplex = "too_complex",
        /// Another version than those of `expected`.
        UnsupportedVersion = "unsupported_version",
        /// No column stands for `field`.
        MissingColumn = "missing_column",
        /// Two columns, `first` and `second`, stand for `field`.
        ColumnTwice = "column_twice",
        /// None of the `count` transactions names the organisation as the one who receives.
        NoReceiver = "no_receiver",
        /// The field must stand before the files in the form.
        AfterFiles = "after_files",

        /// The row has more cells than there are headings.
        ExtraCells = "extra_cells",
        /// The number holds a comma.
        DecimalComma = "decimal_comma",
        /// The number holds a point, but the decimal comma was chosen.
        DecimalPoint = "decimal_point",
        /// A number where a date should stand.
        NumberForDate = "number_for_date",
        /// The cell holds the `error` of a formula.
        CellError = "cell_error",
        /// The cell holds a formula without a value.
        FormulaWithoutValue = "formula_without_value",
        /// The reference stands in the files twice, with different contents.
        Contradiction = "contradiction",
        /// Several donors have this name.
        Ambiguous = "ambiguous",
        /// The donor is not in the registry.
        NotInRegistry = "not_in_registry",
        /// Several organisations give, so no donor is recorded (a warning).
        SeveralDonors = "several_donors",
        /// The exchange rate gives `computed` US dollars; `stated` is kept (a warning).
        KeptAsStated = "kept_as_stated",
        /// It cannot be used for the reason of the code `because` and is kept as reported (a warning).
        KeptAsReported = "kept_as_reported",
        /// It is not stated, or the `value` cannot be used and is taken as not stated (a warning).
        TakenAsNotStated = "taken_as_not_stated",

        /// The address or the password is wrong, or the client's secret.
        WrongCredentials = "wrong_credentials",
        /// The token, code or invitation does not hold: unknown, used or too old.
        TokenNotValid = "token_not_valid",
        /// The caller needs the `permission`.
        PermissionNeeded = "permission_needed",
        /// The caller cannot give `value`, which goes beyond what the caller may do.
        BeyondYourRights = "beyond_your_rights",
        /// Only headquarters does this.
        HeadquartersOnly = "headquarters_only",
        /// The person has no role in this office.
        NoRole = "no_role",
        /// The record has changed since it was read.
        Stale = "stale",
        /// The idempotency key came with another request before.
        KeyReused = "key_reused",
        /// The first request with this idempotency key is still under way.
        InProgress = "in_progress",
        /// The media type is not one of `allowed`.
        MediaType = "media_type",
        /// The cursor belongs to another list.
        ForeignCursor = "foreign_cursor",
        /// It is not JSON, or not a form.
        Malformed = "malformed",
    }
}

closed_set! {
    /// Why something is refused as a whole, where no field is at fault; `params` hold what the reason speaks of. New
    /// reasons are added now and then.
    pub enum Reason {
        /// Only the office that the record belongs to does this.
        OfficeOnly = "office_only",
        /// Only the office that the record belongs to, or one above it, does this.
        OfficeOrAboveOnly = "office_or_above_only",
        /// Only the regional office above does this.
        RegionalOfficeOnly = "regional_office_only",
        /// Only headquarters does this.
        HeadquartersOnly = "headquarters_only",
        /// For the organisation's staff only.
        StaffOnly = "staff_only",
        /// For people, not for API clients.
        PeopleOnly = "people_only",
        /// Another person than the one who took the step before has to do this.
        SecondPerson = "second_person",
        /// Requests come through the gateway only.
        GatewayOnly = "gateway_only",
        /// The office is not known here yet: try again.
        OfficeNotKnownYet = "office_not_known_yet",
        /// The organisation has not said yet how it publishes.
        PublicationNotSet = "publication_not_set",
        /// The deployment has no organisation yet.
        NoOrganisation = "no_organisation",
        /// `rejected` of `rows` cannot be used, so none was kept.
        RowsRejected = "rows_rejected",
        /// The body has more than `max` bytes.
        BodyTooLarge = "body_too_large",
        /// The body broke off, or cannot be read.
        BodyBroken = "body_broken",
        /// The file was removed meanwhile: send it again.
        FileLost = "file_lost",
        /// There is no room for the file.
        NoRoom = "no_room",
        /// Too many requests: again after `seconds`.
        TooManyRequests = "too_many_requests",
        /// Another export of the same caller is under way.
        ExportUnderWay = "export_under_way",
        /// Too much is under way: try again in a moment.
        Busy = "busy",
        /// Signing in is not possible at the moment.
        SignInUnavailable = "sign_in_unavailable",
        /// The deployment lacks the key that personal data are sealed with.
        KeyMissing = "key_missing",
    }
}

closed_set! {
    /// The kinds of record that a refusal speaks of, in its parameter `kind`.
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
    }
}

closed_set! {
    /// The cases in which a field is required or not allowed, in the parameter `with`.
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
        }
    }
}

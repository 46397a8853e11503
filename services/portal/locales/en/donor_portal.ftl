donor-overview = Overview
elsewhere-help = Shared between countries or years, moved within a country, or with no location stated. Not included in country totals.
reports-received = Received
reports-ahead = Upcoming reports
as-of = As of { $date }
focal-point = Your contact
donor-data-lead = Everything this portal shows about your contributions, for download.
calendar-feed = Due dates in your calendar
calendar-about = Create a private address that your calendar application can follow. Creating a new one disables the previous one.
calendar-make = Create a calendar address
calendar-made = The address is ready. It is shown only once. Anyone who has it can read the due dates.
calendar-address = Calendar address
calendar-open = Open the calendar
donor-lead = Contributions to { $organisation }, and what it reports on them.
donor-lead-all = All your recorded contributions, whoever received them. The reports are those of { $organisation }.
donor-countries-only = Country totals only: what is not attributed to one country and year is not included here.
latest-report = Latest report
report-expected = In preparation, expected { $date }
record-count = { $count ->
    [one] { $count } record
   *[other] { $count } records
}
totals-note = The sum of the records in this list that count, with these filters. The overview and the statement count the same records. A pledge or commitment that has become a payment counts once.

console = My work
console-empty = Nothing has been recorded in your office yet.
welcome = Welcome, { $name }
latest-imports = Latest imports
console-search-label = Donor, agreement, response plan, organisation, person or FTS flow number
notifications-all = All notifications
work-none = No pending actions.
work-clear = Awaiting clearance
work-review = Awaiting your review
work-write = Reports due from your office
work-overdue = Overdue in your offices
work-negotiated = Agreements in negotiation
work-ending = Agreements ending within 90 days or past their end date
work-twice = { $count ->
    [one] { $count } pair of records may be the same money
   *[other] { $count } pairs of records may be the same money
 }
work-twice-more = More than { $count } pairs of records may be the same money
work-reviews = Proposals that wait for your score sheet
work-votes = Motions that wait for your vote
work-circulations = Circulations that wait for your vote
work-decisions = Decisions that wait for the head of the organisation
work-minutes = Minutes for you to sign
recent = Recently viewed:

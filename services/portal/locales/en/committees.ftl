committees = Committees
committees-lead = A committee decides which proposals get money of a pool, or recommends it to the head of the organisation.
committees-none = There is no committee yet.
committee-new = New committee
committee-edit = Edit the committee
committee-form-about = It begins with the usual rules, which can be changed afterwards: more than half of the entitled members and at least three, a simple majority with at least two votes, ties deferred, seven days’ notice.
committee-overview = Overview
committee-seats = Seats
committee-seats-today = Who sits in it today
committee-seats-none = Nobody has a seat.
committee-rules = Rules
committee-decision-by = Final decision
committee-decision-by-hint = If the head of the organisation decides, the committee recommends. Its rules may also send larger amounts to the head.
committee-decided-by-committee = the committee
committee-decided-by-head = the head of the organisation
committee-time-zone = Time zone
committee-time-zone-hint = Seats begin and end with the days of this place.
committee-name-en = Name
committee-name-fr = Name in French
committee-name-es = Name in Spanish
committee-done-created = The committee has been created.
committee-done-saved = The changes have been saved.
committee-done-seat = The seat has been assigned.
committee-done-end = The last day of the seat has been recorded.
committee-done-rules = The new rules are in force. Meetings that were convened before keep the earlier ones.
seat-new = Assign a seat
seat-new-about = A person has one seat in a committee at a time, and a committee has one chair.
seat-person = Person
seat-person-unknown = somebody whom you do not see
seat-office = Represents
seat-office-hint = Members do not vote on proposals of the office that they represent, or of offices above or below it.
seat-office-unknown = an office that you do not see
seat-kind = Seat
seat-kind-chair = Chair
seat-kind-vice-chair = Vice-chair
seat-kind-member = Member
seat-kind-alternate = Alternate
seat-kind-observer = Observer
seat-alternate-of = for
seat-alternate-of-label = Alternate of
seat-alternate-of-none = nobody
seat-days = Days
seat-from = First day
seat-to = Last day
seat-since = since { $date }
seat-ended = Ended
seat-do-end = Set the last day
seat-end-about = The person keeps the seat until the end of that day. Whoever follows gets a seat of their own.
rules-about = Each change is a new version. A meeting is held by the version that was in force when it was convened.
rules-new = Change the rules
rules-new-about = The form shows the rules in force. What you save takes their place, for meetings and circulations that begin afterwards.
rules-version = Version { $number }
rules-recorded-by = Recorded by
rules-reason-hint = For example, the decision or the terms of reference that the rules follow.
rules-quorum = Quorum
rules-quorum-says = More than { $part } of the entitled members, and at least { $least }
rules-quorum-hint = More than this part of the entitled members, and at least this many. With fewer entitled members, the head of the organisation decides.
rules-numerator = More than (numerator)
rules-denominator = of (denominator)
rules-least = At least (members)
rules-majority = Majority
rules-majority-simple = More votes for than against
rules-majority-absolute = More than half of the entitled members
rules-majority-two-thirds = Two thirds of the votes for or against
rules-least-yes = Votes for, at least
rules-least-yes-says = { $count ->
    [one] at least { $count } vote for
   *[other] at least { $count } votes for
}
rules-tie = In a tie
rules-tie-deferred = The proposal is deferred
rules-tie-rejected = The proposal is rejected
rules-tie-chair-casting = The vote of whoever chairs decides
rules-notice = Notice of meetings
rules-notice-days = Notice of meetings, in days
rules-notice-says = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
rules-circulation = Decisions without a meeting
rules-hours = Open for (hours)
rules-hours-says = { $count ->
    [one] Open for { $count } hour
   *[other] Open for { $count } hours
}
rules-and = ,
rules-circulation-absolute = carried by more than half of the entitled members
rules-circulation-two-thirds = carried by two thirds of the entitled members
rules-objections = Objections that refer it to a meeting
rules-objections-says = { $count ->
    [one] { $count } objection refers it to the next meeting
   *[other] { $count } objections refer it to the next meeting
}
rules-normalisation = Scores
rules-normalisation-none = compared as they are
rules-normalisation-centred = compared without the lenience of each reviewer
rules-alternates = Alternates
rules-alternates-label = Alternates also vote for members with a conflict of interest
rules-alternates-yes = vote for members who are absent or have a conflict of interest
rules-alternates-no = vote for members who are absent
rules-authority = Final decision on larger amounts
rules-authority-hint = By rising amounts, in US dollars. Leave rows empty that you do not need.
rules-authority-from = From amount { $number }
rules-authority-by = Final decision { $number }
rules-authority-says = From { $amount } on,
rules-authority-none = no step by amount

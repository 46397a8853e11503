offices = Offices
offices-lead = Every office of the organisation, each below the one it reports to.
office-search = Name or code
office-new = Create an office
office-edit = Edit the office
office-do-edit = Edit or move
office-code = Code
office-code-hint = 2 to 20 capital letters, digits and hyphens, such as AFG-KBL; it cannot be changed later.
office-type = Type of office
office-type-headquarters = Headquarters
office-type-regional = Regional office
office-type-country = Country office
office-type-liaison = Liaison office
office-above = Reports to
office-above-hint = Regional and liaison offices report to headquarters, country offices to headquarters or a regional office.
office-move-hint = Another choice moves the office together with all offices below it. What people see changes within seconds; nobody is signed out.
office-time-zone = Time zone
office-state-open = Open
office-state-closed = Closed
office-do-close = Close the office
office-do-reopen = Reopen the office
office-done-created = The office has been created.
office-done-saved = The changes have been saved.
office-done-close = The office is closed.
office-done-reopen = The office is open again.
office-reopen-about = People, API clients, records and offices can be added to it again.
office-closed-about = This office was closed on { $date }. Its records can still be read and completed; nothing new can be given to it.
office-close-title = Close { $name }
office-close-about = Nothing new can be given to a closed office: no records, roles, API clients or offices below it. Its records stay and can be completed. It can be reopened at any time.
office-close-first = Before the office can be closed, move or end what is listed above.
office-open = Still open
office-open-nothing = Nothing is open in this office.
office-open-offices = { $count ->
    [one] { $count } open office below it
   *[other] { $count } open offices below it
 }
office-open-people = { $count ->
    [one] { $count } person who has a role here or whose account this office manages
   *[other] { $count } people who have a role here or whose account this office manages
 }
office-open-clients = { $count ->
    [one] { $count } API client
   *[other] { $count } API clients
 }
office-open-agreements = { $count ->
    [one] { $count } agreement that is neither closed nor cancelled
   *[other] { $count } agreements that are neither closed nor cancelled
 }
offices-below = Offices below
offices-below-none = No office reports to this one.
office-accounts = Accounts managed by this office
office-people = People with a role in this office
office-people-none = Nobody has a role in this office.
office-person-inactive = Cannot sign in

committees = Comités
committees-lead = Un comité decide qué propuestas reciben dinero de un fondo común, o lo recomienda al jefe de la organización.
committees-none = Todavía no hay ningún comité.
committee-new = Nuevo comité
committee-edit = Modificar el comité
committee-form-about = Empieza con las reglas habituales, que pueden cambiarse después: más de la mitad de los miembros habilitados y al menos tres, mayoría simple con al menos dos votos, aplazamiento en caso de empate, convocatoria con siete días de antelación.
committee-overview = Resumen
committee-seats = Puestos
committee-seats-today = Quién lo integra hoy
committee-seats-none = Nadie tiene un puesto.
committee-rules = Reglas
committee-decision-by = Decisión final
committee-decision-by-hint = Si decide el jefe de la organización, el comité recomienda. Sus reglas también pueden remitirle los importes mayores.
committee-decided-by-committee = el comité
committee-decided-by-head = el jefe de la organización
committee-time-zone = Zona horaria
committee-time-zone-hint = Los puestos empiezan y terminan con los días de este lugar.
committee-name-en = Nombre
committee-name-fr = Nombre en francés
committee-name-es = Nombre en español
committee-done-created = El comité se ha creado.
committee-done-saved = Los cambios se han guardado.
committee-done-seat = El puesto se ha asignado.
committee-done-end = El último día del puesto se ha registrado.
committee-done-rules = Las nuevas reglas están en vigor. Las reuniones ya convocadas conservan las anteriores.
seat-new = Asignar un puesto
seat-new-about = Una persona tiene un solo puesto a la vez en un comité, y un comité tiene una sola presidencia.
seat-person = Persona
seat-person-unknown = una persona que usted no ve
seat-office = Representa a
seat-office-hint = Los miembros no votan sobre propuestas de la oficina a la que representan, ni de las oficinas superiores o subordinadas.
seat-office-unknown = una oficina que usted no ve
seat-kind = Puesto
seat-kind-chair = Presidencia
seat-kind-vice-chair = Vicepresidencia
seat-kind-member = Miembro
seat-kind-alternate = Suplencia
seat-kind-observer = Observación (sin derecho a voto)
seat-alternate-of = de
seat-alternate-of-label = Suplencia de
seat-alternate-of-none = nadie
seat-days = Duración
seat-from = Primer día
seat-to = Último día
seat-since = desde el { $date }
seat-ended = Terminado
seat-do-end = Fijar el último día
seat-end-about = La persona conserva el puesto hasta el final de ese día. Quien la suceda recibe un puesto propio.
rules-about = Cada cambio es una nueva versión. Una reunión se celebra según la versión en vigor cuando se convocó.
rules-new = Cambiar las reglas
rules-new-about = El formulario muestra las reglas en vigor. Lo que guarde las sustituye, para las reuniones y procedimientos escritos que empiecen después.
rules-version = Versión { $number }
rules-recorded-by = Registrada por
rules-reason-hint = Por ejemplo, la decisión o el mandato del que derivan las reglas.
rules-quorum = Quórum
rules-quorum-says = Más de { $part } de los miembros habilitados, y al menos { $least }
rules-quorum-hint = Más de esta parte de los miembros habilitados, y al menos este número. Con menos miembros habilitados, decide el jefe de la organización.
rules-numerator = Más de (numerador)
rules-denominator = de (denominador)
rules-least = Al menos (miembros)
rules-majority = Mayoría
rules-majority-simple = Más votos a favor que en contra
rules-majority-absolute = Más de la mitad de los miembros habilitados
rules-majority-two-thirds = Dos tercios de los votos a favor o en contra
rules-least-yes = Votos a favor, al menos
rules-least-yes-says = { $count ->
    [one] al menos { $count } voto a favor
   *[other] al menos { $count } votos a favor
}
rules-tie = En caso de empate
rules-tie-deferred = La propuesta se aplaza
rules-tie-rejected = La propuesta se rechaza
rules-tie-chair-casting = El voto de la presidencia decide
rules-notice = Antelación de la convocatoria
rules-notice-days = Antelación de la convocatoria, en días
rules-notice-says = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
rules-circulation = Decisiones sin reunión
rules-hours = Abierta durante (horas)
rules-hours-says = { $count ->
    [one] Abierta { $count } hora
   *[other] Abierta { $count } horas
}
rules-and = ,
rules-circulation-absolute = aprobada por más de la mitad de los miembros habilitados
rules-circulation-two-thirds = aprobada por dos tercios de los miembros habilitados
rules-objections = Objeciones que la remiten a una reunión
rules-objections-says = { $count ->
    [one] { $count } objeción la remite a la próxima reunión
   *[other] { $count } objeciones la remiten a la próxima reunión
}
rules-normalisation = Puntuaciones
rules-normalisation-none = comparadas tal como están
rules-normalisation-centred = comparadas sin la indulgencia de cada evaluador
rules-alternates = Suplentes
rules-alternates-label = Los suplentes votan también por los miembros con un conflicto de intereses
rules-alternates-yes = votan por los miembros ausentes o con un conflicto de intereses
rules-alternates-no = votan por los miembros ausentes
rules-authority = Decisión final sobre importes mayores
rules-authority-hint = Por importes crecientes, en dólares de los Estados Unidos. Deje vacías las filas que no necesite.
rules-authority-from = Desde el importe { $number }
rules-authority-by = Decisión final { $number }
rules-authority-says = A partir de { $amount },
rules-authority-none = ningún umbral por importe

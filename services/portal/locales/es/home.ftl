console = Mi trabajo
console-empty = Todavía no se ha registrado nada en su oficina.
welcome = Le damos la bienvenida, { $name }
latest-imports = Últimas importaciones
console-search-label = Donante, acuerdo, plan de respuesta, organización, persona o número de un flujo FTS
notifications-all = Todas las notificaciones
work-none = No hay acciones pendientes.
work-clear = Pendientes de aprobación
work-review = Pendientes de su revisión
work-write = Informes que debe presentar su oficina
work-overdue = Atrasados en sus oficinas
work-negotiated = Acuerdos en negociación
work-ending = Acuerdos que terminan en los próximos 90 días o ya vencidos
work-twice = { $count ->
    [one] { $count } par de registros puede corresponder a los mismos fondos
   *[other] { $count } pares de registros pueden corresponder a los mismos fondos
 }
work-twice-more = Más de { $count } pares de registros pueden corresponder a los mismos fondos
work-reviews = Propuestas que esperan su puntuación
work-votes = Mociones que esperan su voto
work-circulations = Procedimientos escritos que esperan su voto
work-decisions = Decisiones que esperan al jefe de la organización
work-minutes = Actas que usted debe firmar
recent = Vistos recientemente:

donor-overview = Resumen
elsewhere-help = Compartido entre varios países o años, movido dentro de un país o sin lugar indicado. No se incluye en los totales por país.
reports-received = Recibidos
reports-ahead = Próximos informes
as-of = Situación al { $date }
focal-point = Su persona de contacto
donor-data-lead = Todo lo que este portal muestra sobre sus contribuciones, para descargar.
calendar-feed = Los vencimientos en su calendario
calendar-about = Cree una dirección privada a la que su calendario pueda suscribirse. Si crea otra, la anterior deja de funcionar.
calendar-make = Crear una dirección de calendario
calendar-made = La dirección está lista. Se muestra una sola vez. Quien la tenga podrá ver los vencimientos.
calendar-address = Dirección de calendario
calendar-open = Abrir el calendario
donor-lead = Contribuciones a { $organisation } y los informes sobre su uso.
donor-lead-all = Todas sus contribuciones registradas, sea cual sea la organización receptora. Los informes son los de { $organisation }.
donor-countries-only = Solo totales por país: lo que no se atribuye a un solo país y año no figura aquí.
latest-report = Último informe
report-expected = En preparación, previsto para el { $date }
record-count = { $count ->
    [one] { $count } registro
   *[other] { $count } registros
}
totals-note = Suma de los registros de esta lista que computan, con estos filtros. El resumen y el estado de cuentas cuentan los mismos registros. Una promesa o un compromiso que ya se ha pagado se cuenta una sola vez.

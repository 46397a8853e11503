import-of = Importación: { $files }
imports = Importaciones
import-new = Importar contribuciones
import-files = Archivos
import-do = Importar
import-check = Solo validar
import-skip = Importar solo las filas válidas
import-sending = Envío
import-check-files = Validar los archivos
import-check-about = La validación no guarda nada: muestra lo que sucedería. Los archivos se conservan durante una hora, de modo que solo se seleccionan una vez.
import-check-about-fts = La validación no guarda nada: muestra lo que sucedería. Los archivos de flujos se conservan durante una hora, de modo que solo se seleccionan una vez. Los resúmenes de planes no se conservan: selecciónelos de nuevo para importarlos.
import-check-again = Validar de nuevo con estas columnas
import-kept = Los archivos se conservan hasta el { $until }.
import-gone = Estos archivos ya no se conservan para usted. Selecciónelos de nuevo para importarlos.
import-valid-rows = { $count ->
    [one] Importar 1 fila válida
   *[other] Importar { $count } filas válidas
}
import-valid-and-decided = Importar las filas válidas
import-undecided = { $count ->
    [one] Una fila nombra a un donante cuyo tipo no indica el archivo. Se importa si usted indica de qué donante se trata o si lo registra con un tipo.
   *[other] { $count } filas nombran a donantes cuyo tipo no indica el archivo. Se importan si usted indica de qué donantes se trata o si los registra con un tipo.
}
import-rejected-stay = { $count ->
    [one] Una fila no es válida y se omitirá.
   *[other] { $count } filas no son válidas y se omitirán.
}
would-created = Se crearía
would-updated = Se actualizaría
would-unchanged = Quedaría sin cambios
would-rejected = Se rechazaría
would-not-applied = No comparada
would-count-created = Se crearían
would-count-updated = Se actualizarían
would-count-unchanged = Quedarían sin cambios
would-count-rejected = Se rechazarían
import-years = Qué contaría en cada año
import-years-about = Filas que se crearían o actualizarían, según el año de la decisión o, en su defecto, el de la transacción o el de la primera notificación. Las promesas de contribución no cuentan como financiación.
import-currencies = Importes por moneda
import-counting = Financiación
import-counts = Contaría
import-counts-not = No contaría
import-donors = { $count ->
    [one] Un donante no figura en el registro
   *[other] { $count } donantes no figuran en el registro
}
import-donors-about = Indique para cada nombre si se trata de un donante nuevo o de uno ya registrado. El nombre que el sistema da a un donante registrado se recuerda.
import-donors-others = { $count ->
    [one] Registrar como nuevo otro donante, que no se comparó con el registro. Sus filas que no indican el tipo de donante se omiten.
   *[other] Registrar como nuevos otros { $count } donantes, que no se compararon con el registro. Sus filas que no indican el tipo de donante se omiten.
}
import-donors-page = Donantes { $from } a { $to } de { $total }
import-donors-next = Continuar con los donantes siguientes
import-donors-new = Donantes nuevos
import-donor-is = Es { $name }
import-donor-new = Es un donante nuevo
import-donor-other = Es otro donante registrado
import-donor-name = Nombre del donante registrado
import-donor-untyped = Tipo no indicado
import-donor-type = Tipo del donante nuevo
import-donor-leave = Omitir sus filas que no indican el tipo
import-donor-alone = Ningún donante registrado tiene un nombre parecido.
import-donor-alone-not-compared = No se comparó con el registro.
import-changes = Cambios
import-overwritten = sobrescrito
import-changed-to = ahora
import-record = Registro
import-contribution = Contribución
import-refused = No se aceptaron los archivos
import-refused-help = { $count ->
    [one] Una fila no es válida; no se guardó nada. Corríjala o importe solo las filas válidas.
   *[other] { $count } filas no son válidas; no se guardó nada. Corríjalas o importe solo las filas válidas.
}
import-failed-help = La plataforma no pudo completar esta importación. Las filas ya importadas se conservan. Importe de nuevo los archivos para terminar.
import-dry-run = solo validación, no se guarda nada
import-progress = Avance
import-queued = En espera
import-applying = En curso
import-done = Terminada
import-checked = Validada
import-failed = Fallida
reload = Actualizar
started = Inicio
warnings = Con advertencias
verdict = Resultado
verdicts = Resultados por fila
verdict-created = Creada
verdict-updated = Actualizada
verdict-unchanged = Sin cambios
verdict-rejected = Rechazada
verdict-not-applied = No aplicada
imports-format = Tipo de archivo
imports-format-csv = CSV
imports-format-xlsx = XLSX
imports-format-iati = IATI
imports-format-fts = Flujos y planes del FTS
imports-hint-csv = Uno o varios archivos CSV en UTF-8, separados por comas, puntos y comas o tabulaciones. La primera línea contiene los encabezados. Juntos forman una sola importación.
imports-hint-xlsx = Uno o varios archivos XLSX. Se lee la primera hoja; su primera fila contiene los encabezados. De una fórmula se toma el valor guardado con ella.
imports-hint-iati = Uno o varios archivos de actividades IATI (2.01 a 2.03). Se lee lo que los donantes han prometido, comprometido o pagado a nuestra organización.
imports-hint-fts = Uno o varios archivos tal como los proporciona la API del FTS (JSON): páginas de flujos, resúmenes de planes o ambos. Cada uno se reconoce por su contenido. Primero se importan los planes; después, todos los flujos forman una sola importación.
imports-template = Plantilla con todas las columnas y un ejemplo:
imports-source = Sistema de origen
imports-source-hint = Un nombre corto, por ejemplo erp. Una fila del mismo sistema con la misma referencia es la misma contribución.
imports-receiver = Nuestro identificador de organización IATI
imports-receiver-hint = Necesario cuando los archivos nos identifican así y no por nuestro nombre.
imports-decimal = Separador decimal
imports-decimal-point = Punto (1250.50)
imports-decimal-comma = Coma (1250,50)
imports-missing = No se leyó ninguna fila. Hay campos obligatorios sin columna asociada:
imports-columns = Columnas del archivo
imports-columns-help = Asocie cada columna a un campo. Las columnas no asociadas se omiten.
imports-column-unread = Omitir
imports-column-unnamed = Columna { $number } (sin encabezado)
imports-as-saved = Como se guardó para este sistema; si no, el valor por defecto
imports-empty = Celdas vacías
imports-empty-erase = Borrar el valor existente
imports-empty-keep = Conservar el valor existente
imports-save = Guardar estas columnas para { $source }
imports-saved = Columnas guardadas
imports-saved-used = { $count ->
    [one] Se utilizará la columna guardada para { $source } el { $date }.
   *[other] Se utilizarán las { $count } columnas guardadas para { $source } el { $date }.
}
imports-saved-columns = { $count ->
    [one] Una columna
   *[other] { $count } columnas
}
imports-saved-delete = Eliminar las columnas guardadas para { $source }
imports-field-external-ref = Referencia en el sistema de origen
imports-field-donor = Nombre del donante
imports-field-donor-ref = Referencia del donante en el sistema de origen
imports-field-donor-id = Identificador del donante
imports-field-donor-type = Tipo de donante
imports-field-status = Situación
imports-field-amount = Importe
imports-field-currency = Moneda
imports-field-amount-usd = Importe en dólares de los Estados Unidos
imports-field-exchange-rate = Tipo de cambio
imports-field-exchange-rate-date = Fecha del tipo de cambio
imports-field-exchange-rate-source = Fuente del tipo de cambio
imports-field-decision-date = Fecha de decisión
imports-field-flow-date = Fecha de la transacción
imports-field-budget-year = Año presupuestario
imports-field-usage-years = Años de uso
imports-field-countries = Países
imports-field-plan = Planes de respuesta (número de FTS, identificador o nombre)
imports-field-earmarking = Asignación
imports-field-contribution-type = Financiera o en especie
imports-field-method = Modalidad de la ayuda
imports-field-keywords = Palabras clave
imports-field-visibility = Visibilidad
imports-field-new-money = Fondos nuevos
imports-field-description = Descripción
imports-field-agreement = Referencia del acuerdo
imports-field-first-reported-date = Fecha de la primera notificación
imports-field-other = Otros datos
imports-plans = Importaciones de planes de respuesta
imports-plans-of = Importación de planes de respuesta: { $file }
import-line = línea { $line } del archivo
imports-plans-unnamed = Resumen de planes
imports-plans-others = Otros resúmenes de planes de este envío
imports-plans-refused-help = { $count ->
    [one] Un plan no es válido; no se guardó ningún plan de este archivo ni se importaron los flujos enviados con él. Corríjalo o importe solo las filas válidas.
   *[other] { $count } planes no son válidos; no se guardó ningún plan de este archivo ni se importaron los flujos enviados con él. Corríjalos o importe solo las filas válidas.
}
imports-plan-number = Número en el FTS
imports-flows = Flujos de este envío
imports-plans-not-kept = Los resúmenes de planes no se conservan: seleccione de nuevo el archivo para importar sus planes.
imports-flows-kept = Estos flujos se conservan durante una hora: importe primero los planes y después los flujos desde su propia página.

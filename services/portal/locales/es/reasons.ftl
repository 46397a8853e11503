reason-required = { $kind ->
    [endorsement] La oficina regional debe respaldar antes la propuesta.
   *[other] Complete este campo.
 }
reason-negative = Este valor no puede ser negativo.
reason-negative-row = Este valor no puede ser negativo: una fila indica a cuánto asciende su contribución. Para corregir una contribución, indique en su propia fila lo que queda de ella (0 si se devolvió todo) e impórtela de nuevo.
reason-state = { $kind ->
    [agenda_item] El punto ({ $state }) no permite este paso: ya se decidió o se aplazó, o hubo una moción sobre él.
    [allocation_proposal] El estado actual de la propuesta ({ $state }) no permite este paso.
    [circulation] El estado del procedimiento escrito sobre la propuesta ({ $state }) no permite este paso.
    [committee] Muy pocos miembros sin conflicto de intereses ocupan un puesto: presente una moción en una reunión, que se remitirá al jefe de la organización.
    [decision] El estado de la decisión sobre la propuesta ({ $state }) no permite este paso.
    [meeting] El estado actual de la reunión ({ $state }) no permite este paso.
    [motion] El estado de la moción, o de otra sobre el mismo asunto ({ $state }), no permite este paso.
    [shortfall] El estado actual del déficit ({ $state }) no permite este paso.
    [suggestion] El estado actual de la sugerencia ({ $state }) no permite este paso.
    [agreement] El estado actual del acuerdo ({ $state }) no permite este paso.
    [report] El estado actual del informe ({ $state }) no permite este paso.
    [contribution] La situación actual de la contribución ({ $state }) no permite este paso.
    [contact] Los datos de esta persona se borraron: regístrela de nuevo.
    [office] El estado actual de la oficina ({ $state }) no permite este paso.
    [person] El estado actual de la cuenta ({ $state }) no permite este paso.
    [role] Este rol aún tiene titulares: retíreselo primero.
    [client] Este cliente fue revocado: cree otro.
    [allocation_window] El estado actual de la ventana de asignación ({ $state }) no permite este paso.
   *[other] El estado actual ({ $state }) no permite este paso.
 }
reason-no-rate = No hay tipo de cambio registrado para { $currency } y este mes ({ $month }): indique uno con su fecha y su fuente, o pida que se importen los tipos del mes.
reason-parts-first = Se comprometieron, pagaron o destinaron partes: anúlelas primero con un asiento inverso.
reason-kept-elsewhere = Este registro se gestiona en otro sistema ({ $source }): modifíquelo allí y vuelva a importarlo.
reason-second-person = El acuerdo supera el umbral y usted ya lo firmó: debe firmar una segunda persona.
reason-invalid = Este dato no se ha aceptado.
reason-required-with = Este campo es obligatorio { $with }.
reason-required-one-of = Uno de estos campos es obligatorio: { $fields }.
reason-not-allowed-with = Deje este campo vacío { $with }.
reason-unknown-field = Este campo no existe aquí. Campos admitidos: { $allowed }
reason-too-long = Utilice { $max } caracteres como máximo.
reason-too-short = Utilice { $min } caracteres como mínimo.
reason-too-many = Demasiados elementos: el máximo es { $max }.
reason-too-large = Demasiado grande: el máximo es { $max }.
reason-out-of-range = { $kind ->
    [weights] Las ponderaciones deben sumar { $max }.
    [floors] Los mínimos deben sumar como máximo el { $max } por ciento.
   *[other] Introduzca un número de { $min } a { $max }.
 }
reason-not-above-zero = Este valor debe ser superior a cero.
reason-too-precise = { $max ->
    [0] Los importes en { $currency } no tienen decimales.
    [one] Los importes en { $currency } tienen { $max } decimal como máximo.
   *[other] Los importes en { $currency } tienen { $max } decimales como máximo.
 }
reason-inexact = Este número tiene demasiadas cifras para conservarse con exactitud: escríbalo como texto o acórtelo.
reason-wrong-type = { $expected ->
    [string] Aquí se espera un texto.
    [integer] Aquí se espera un número entero.
    [number] Aquí se espera un número.
    [boolean] Aquí se espera verdadero o falso.
    [array] Aquí se espera una lista.
    [object] Aquí se espera un objeto con campos.
   *[other] Aquí se espera un valor de otro tipo.
 }
reason-wrong-format = Escríbalo como en este ejemplo: { $example }
reason-not-a-number = { $sent ->
    [yes] «{ $value }» no es un número.
   *[no] Introduzca un número.
 }
reason-not-a-date = { $sent ->
    [yes] «{ $value }» no es una fecha: escríbala así: 2026-09-30.
   *[no] Introduzca una fecha.
 }
reason-not-a-year = { $sent ->
    [yes] «{ $value }» no es un año de { $min } a { $max }.
   *[no] Introduzca un año de { $min } a { $max }.
 }
reason-not-a-boolean = Responda sí o no.
reason-not-an-id = Identificador no válido.
reason-not-an-email = Introduzca una dirección de correo electrónico, por ejemplo nombre@ejemplo.org.
reason-not-a-phone-number = Introduzca un número de teléfono: cifras, espacios y + - . / ( ).
reason-not-a-country = { $sent ->
    [yes] «{ $value }» no es un código de país, como KEN.
   *[no] Introduzca un código de país de tres letras, por ejemplo KEN.
 }
reason-not-a-currency = { $sent ->
    [yes] «{ $value }» no es un código de moneda, como EUR.
   *[no] Introduzca un código de moneda de tres letras, por ejemplo EUR.
 }
reason-withdrawn-currency = { $currency } se retiró de la circulación antes de esta fecha (último mes: { $month }): indique la moneda entonces vigente o corrija la fecha.
reason-not-a-language = Introduzca los idiomas por su nombre en español o su código ISO, separados por comas: español, inglés.
reason-not-a-time-zone = Elija una zona horaria de la lista, por ejemplo Africa/Nairobi.
reason-not-a-purpose-code = Introduzca un código de propósito del CAD de cinco dígitos.
reason-not-one-of = { $sent ->
    [yes] «{ $value }» no figura entre los valores admitidos: { $allowed }
   *[no] Elija uno de estos valores: { $allowed }
 }
reason-hidden-characters = Este texto contiene caracteres invisibles o que invierten el sentido de la escritura.
reason-forbidden-characters = No utilice espacios ni ninguno de estos caracteres: { $characters }
reason-no-letters = Este texto debe contener una letra o una cifra.
reason-date-out-of-range = Introduzca una fecha entre { $min } y { $max }.
reason-in-future = La fecha no puede ser futura.
reason-not-after = Esta fecha debe ser posterior a la siguiente: { $date } ({ $field }).
reason-before = Esta fecha no debe ser anterior a la siguiente: { $date } ({ $field }).
reason-period-too-long = El período es demasiado largo: el máximo es de { $max } años.
reason-duplicate = Este valor figura dos veces.
reason-already-exists = { $kind ->
    [donor] Ya existe un donante con este nombre y tipo, o con una de estas referencias.
    [contribution] Ya existe una contribución con esta referencia o que sustituye a esta.
    [plan] Ya existe un plan con esta referencia.
    [office] Ya existe una oficina con este código.
    [person] Esta dirección ya tiene una cuenta.
    [role] Su organización ya tiene un rol con este nombre.
   *[other] Esto ya existe.
 }
reason-unknown-reference = { $kind ->
    [allocation_proposal] El comité no decide sobre una propuesta así.
    [seat] Esta persona no ocupa ese puesto en el comité ese día.
    [office] Elija una de sus oficinas.
    [donor] Su organización no tiene ese donante.
    [agreement] Su oficina no tiene ese acuerdo.
    [plan] { $sent ->
        [yes] Su organización no tiene ningún plan «{ $value }».
       *[no] Su organización no tiene ese plan.
     }
    [contribution] Usted no tiene esa contribución.
    [person] Elija a un miembro del personal de su organización.
    [role] Su organización no tiene ese rol.
    [notification] Usted no tiene esa notificación.
   *[other] Ese registro no existe.
 }
reason-not-yours = { $kind ->
    [agreement] Este acuerdo es de otra oficina.
    [contribution] Otra oficina tiene una contribución con esta referencia.
    [plan] Este plan es de otra oficina.
   *[other] Esto pertenece a otra oficina.
 }
reason-other-donor = Este acuerdo es con otro donante.
reason-not-binding = Este acuerdo no está firmado o ha sido cancelado.
reason-merged = Este donante se fusionó con otro: utilice este último.
reason-circular = { $kind ->
    [office] Una oficina no puede situarse debajo de sí misma: elija otra.
   *[other] Se trata del mismo donante, o uno depende del otro: elija otro, o cambie antes la dependencia.
 }
reason-not-active = Elija a un miembro activo del personal.
reason-wrong-parent = Una oficina de este tipo ({ $office }) no puede depender de una de este otro tipo ({ $parent }).
reason-superseded = Esta fusión se deshizo, o sus donantes se han vuelto a fusionar desde entonces.
reason-no-clearance = Este donante requiere una aprobación de diligencia debida y no cuenta con ninguna vigente.
reason-half-signed = Una primera persona ha firmado el acuerdo: modifique sus condiciones para empezar de nuevo, o haga que se firme.
reason-kept-here = Esta contribución se registró aquí: modifíquela aquí y no mediante una importación.
reason-reserved = Este nombre está reservado para la plataforma: elija otro.
reason-wrong-currency = { $kind ->
    [agreement] La moneda debe ser la del acuerdo: { $currency }.
    [contribution] La moneda debe ser la de la contribución: { $currency }.
   *[other] La moneda debe ser { $currency }.
 }
reason-more-than-left = { $kind ->
    [allocation_window] El fondo común no dispone de más de { $amount } para esta ventana.
   *[other] Este importe supera el saldo: { $amount }.
 }
reason-sum-differs = Las partes no suman el importe: { $amount }.
reason-sum-too-large = { $kind ->
    [overhead] Los costos indirectos superan la tasa del fondo común. Máximo: { $amount }
    [least] Este valor no puede superar el importe solicitado: { $amount }.
    [allocation_window] Este importe es inferior a lo que ya está comprometido en la ventana: { $amount }.
    [window_least] Este importe supera el importe máximo de una solicitud: { $amount }.
   *[other] Las partes suman más que el importe: { $amount }.
 }
reason-differs = Este valor no concuerda con: { $field }.
reason-several-rates = El archivo contiene varios tipos de { $currency } para este mes ({ $month }).
reason-dollar-rate = El tipo del dólar debe ser 1.
reason-no-amount = El registro no tiene importe en su propia moneda.
reason-no-destination = Indique el destino: un país, un plan o un año.
reason-no-change = Introduzca otro importe u otros tramos.
reason-section-empty = Redacte esta sección o adjunte un documento.
reason-empty-file = El archivo, o su primera hoja, está vacío.
reason-wrong-file-format = El archivo no tiene el formato esperado: { $expected }
reason-file-type-differs = El contenido del archivo no corresponde a su extensión: el nombre termina en «.{ $ending }», el contenido es { $media_type }.
reason-holds-macros = El archivo contiene macros: guárdelo sin ellas.
reason-password-protected = El archivo está protegido con contraseña o es un antiguo archivo .xls: guárdelo como .xlsx sin contraseña.
reason-damaged-file = El archivo está truncado o no se puede leer.
reason-not-utf8 = No es texto UTF-8: guarde el archivo en UTF-8.
reason-too-complex = El archivo, o una de sus partes, es demasiado grande o complejo para leerlo.
reason-unsupported-version = El archivo está en la versión «{ $version }»; versiones admitidas: { $expected }
reason-missing-column = Ninguna columna está asociada a: { $field }. Encabezados del archivo: { $headings }
reason-column-twice = «{ $first }» y «{ $second }» están asociadas a: { $field }
reason-no-receiver = El archivo contiene transacciones ({ $count }), pero ninguna nombra a { $name } como organización receptora: introduzca su identificador de organización IATI.
reason-after-files = Este campo debe preceder a los archivos en el formulario.
reason-extra-cells = La fila tiene más celdas ({ $cells }) que encabezados ({ $headings }).
reason-decimal-comma = «{ $value }» contiene una coma: utilice un punto decimal o elija la coma decimal.
reason-decimal-point = El número contiene un punto, pero se ha elegido la coma decimal.
reason-number-for-date = Es un número: dé a la celda formato de fecha o escriba la fecha así: 2026-09-30.
reason-cell-error = La celda contiene un error de fórmula: { $error }
reason-formula-without-value = La celda contiene una fórmula cuyo valor no conserva el archivo: ábralo en una hoja de cálculo y guárdelo.
reason-contradiction = Referencia duplicada con contenidos distintos: «{ $value }».
reason-ambiguous = { $kind ->
    [plan] «{ $value }» puede referirse a varios planes: indique el identificador del plan.
    [person] Puede tratarse de varias personas: seleccione una o indique el correo electrónico.
   *[donor] Varios donantes tienen este nombre: indique el tipo, una referencia o un identificador.
 }
reason-not-in-registry = { $sent ->
    [yes] Este donante no está en el registro y a su tipo de organización IATI ({ $value }) no le corresponde ningún tipo de donante: regístrelo antes.
   *[no] Este donante no está en el registro: regístrelo antes o indique su nombre y su tipo.
 }
reason-several-donors = Se nombran varias organizaciones: no se registra ningún donante.
reason-kept-as-stated = El tipo de cambio da { $computed }: se conserva el importe indicado ({ $stated }).
reason-kept-as-reported = { $because } El dato se conserva tal como se recibió.
reason-taken-as-not-stated = { $sent ->
    [yes] «{ $value }» se considera no indicado.
   *[no] Este dato no está indicado.
 }
reason-corrected = Este importe es inferior al del archivo: se dedujeron correcciones por { $amount }.
reason-paid-more = Los pagos ({ $amount }) superan los compromisos ({ $committed }): cuentan los pagos.
reason-counts-no-longer = Este importe cuenta ahora como cero: los fondos se devolvieron o figuran en otras transacciones.
reason-wrong-credentials = El correo electrónico o la contraseña no son correctos.
reason-token-not-valid = Este acceso o enlace no es válido: es desconocido, ya se usó o ha caducado.
reason-permission-needed = A su rol le falta este permiso: { $permission }
reason-beyond-your-rights = Usted no puede conceder ni retirar este derecho ({ $value }): va más allá de los suyos.
reason-headquarters-only = Solo la sede puede abrir cuentas de donantes.
reason-no-role = Esta cuenta no tiene ningún rol en esta oficina.
reason-stale = Otra persona ha modificado este registro: vuelva a cargar la página.
reason-key-reused = Este formulario ya se envió con otro contenido: vuelva a cargar la página.
reason-in-progress = Este formulario se acaba de enviar y se está procesando: espere un momento.
reason-media-type = Se espera otro tipo de archivo o de contenido: { $allowed }
reason-foreign-cursor = Esta página de la lista ya no existe: vuelva a empezar por la primera.
reason-malformed = Los datos enviados no se pueden leer.
problem-reason-office-only = Solo puede hacerlo la oficina a la que pertenece este registro.
problem-reason-office-or-above-only = Solo puede hacerlo la oficina a la que pertenece este registro o una de la que dependa.
problem-reason-regional-office-only = Solo puede hacerlo la oficina regional de la que depende.
problem-reason-headquarters-only = Solo puede hacerlo la sede.
problem-reason-focal-point-only = Solo la persona de contacto del donante, o un administrador de la sede, puede hacerlo.
problem-reason-staff-only = Esta parte está reservada al personal de la organización.
problem-reason-people-only = Esta parte es para personas, no para clientes de la API.
problem-reason-second-person = Este paso corresponde a una persona distinta de la que dio el anterior.
problem-reason-chair-only = Este paso corresponde a la presidencia del comité.
problem-reason-seat-needed = Este paso corresponde a los miembros del comité con derecho a voto que están presentes.
problem-reason-conflict-of-interest = Hay un conflicto de intereses en esta propuesta.
problem-reason-own-account = Esta es su propia cuenta: debe hacerlo otra persona.
problem-reason-last-administrator = Es la última persona que administra la plataforma en la sede: designe antes a otra.
problem-reason-kept-elsewhere = Esto se gestiona ahora en otro servicio ({ $source }): haga allí el cambio.
problem-reason-gateway-only = Las peticiones pasan únicamente por la pasarela.
problem-reason-office-not-known-yet = La oficina se acaba de crear: inténtelo de nuevo en un momento.
problem-reason-open-business = La oficina no puede cerrarse mientras quede algo abierto en ella. Oficinas que dependen de ella: { $offices }; personas: { $people }; clientes de la API: { $clients }; acuerdos: { $agreements }.
problem-reason-publication-not-set = La configuración de la publicación está incompleta.
problem-reason-no-organisation = Todavía no se ha creado ninguna organización.
problem-reason-rows-rejected = { $rejected } de { $rows } filas no son válidas: no se ha guardado nada.
problem-reason-body-too-large = El envío es demasiado grande: el máximo es { $max }.
problem-reason-body-broken = El envío se interrumpió: vuelva a enviarlo.
problem-reason-file-lost = El archivo no se ha conservado: vuelva a enviarlo.
problem-reason-no-room = En este momento no hay espacio de almacenamiento para el archivo.
problem-reason-too-many-requests = Demasiadas peticiones: inténtelo de nuevo en { $seconds } segundos.
problem-reason-export-under-way = Otra exportación suya está en curso: espere a que termine.
problem-reason-busy = La plataforma está muy solicitada en este momento: inténtelo de nuevo en breve.
problem-reason-sign-in-unavailable = En este momento no es posible iniciar sesión.
problem-reason-key-missing = Falta la clave de los datos personales: avise a su administrador.
problem-reason-envelope-exceeded = La ventana ya no puede comprometer más de { $amount }.
problem-reason-no-eligible-money = Los fondos que pueden usarse para esto son { $amount }: el resto se destina a otros fines o a otro período.
problem-reason-insufficient = Solo quedan { $amount }.
problem-reason-already-reversed = Este asiento ya se anuló.
problem-reason-not-reversible = Un asiento de este tipo no se anula: otro paso deshace su efecto.
problem-code-malformed-body = Los datos enviados no se pueden leer.
problem-code-invalid-parameter = La dirección de esta página contiene un elemento desconocido.
problem-code-invalid-cursor = Esta página de la lista ya no existe.
problem-code-unauthenticated = Inicie sesión primero.
problem-code-invalid-grant = Este acceso ya no es válido: inicie sesión de nuevo.
problem-code-forbidden = Su rol no lo permite.
problem-code-not-found = Este registro no existe o su cuenta no tiene acceso a él.
problem-code-method-not-allowed = Esta acción no es posible con este registro.
problem-code-not-acceptable = Este formato no está disponible.
problem-code-request-timeout = El envío tardó demasiado: vuelva a enviarlo.
problem-code-conflict = El estado actual no lo permite o el registro ya existe.
problem-code-stale-version = Otra persona ha modificado este registro.
problem-code-body-too-large = El envío es demasiado grande.
problem-code-unsupported-media-type = Este tipo de archivo no se admite.
problem-code-invalid-field = Un campo del formulario no es válido.
problem-code-idempotency-key-reused = Este formulario ya se envió con otro contenido.
problem-code-precondition-required = La página no está actualizada: vuelva a cargarla.
problem-code-rate-limited = Demasiadas peticiones: espere un momento.
problem-code-internal = Se ha producido un error por nuestra parte.
problem-code-unavailable = Una parte de la plataforma no está disponible: inténtelo de nuevo.
problem-code-storage-full = El disco está lleno: se puede leer, pero no escribir.
problem-code-timeout = Una parte de la plataforma no respondió a tiempo: inténtelo de nuevo.
situation-consent = cuando la base jurídica es el consentimiento
situation-exchange-rate = con un tipo de cambio
situation-us-dollars = para un importe en dólares de los Estados Unidos
situation-in-kind = para una contribución en especie
situation-not-in-kind = para una contribución que no es en especie
situation-even-split = cuando el importe se reparte a partes iguales entre los años
situation-financial-report = en un informe financiero
situation-narrative-report = en un informe que no es financiero
situation-cost-extension = en una prórroga con costo
situation-no-cost-extension = en una prórroga sin costo
situation-budget-revision = en una revisión presupuestaria
situation-donor-account = para la cuenta de un donante
situation-staff-account = para la cuenta de un miembro del personal
situation-period = junto con un período
situation-measure = con este indicador ({ $measure })
refused-field-start-date = inicio
refused-field-end-date = fin actual
refused-field-period-start = inicio del período
refused-field-period-end = fin del período
refused-field-submitted-at = presentación
refused-field-due-date = vencimiento anterior
refused-field-given-on = fecha del consentimiento
refused-field-valid-from = inicio de la validez
refused-field-today = hoy
refused-field-from = primer año
refused-field-usage-split = reparto por años
refused-field-amount = importe
refused-field-redirect-uri = dirección del inicio de sesión
refused-field-office-id = oficina
refused-field-client-id = cliente
refused-field-answer = respuesta elegida
size-bytes = { $number } bytes

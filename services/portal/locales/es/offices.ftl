offices = Oficinas
offices-lead = Todas las oficinas de la organización, cada una debajo de aquella de la que depende.
office-search = Nombre o código
office-new = Crear una oficina
office-edit = Modificar la oficina
office-do-edit = Modificar o trasladar
office-code = Código
office-code-hint = De 2 a 20 letras mayúsculas, cifras y guiones, por ejemplo AFG-KBL. Después no se puede cambiar.
office-type = Tipo de oficina
office-type-headquarters = Sede
office-type-regional = Oficina regional
office-type-country = Oficina en el país
office-type-liaison = Oficina de enlace
office-above = Depende de
office-above-hint = Las oficinas regionales y de enlace dependen de la sede; las oficinas en los países, de la sede o de una oficina regional.
office-move-hint = Otra elección traslada la oficina con todas las que dependen de ella. Lo que cada persona ve cambia en unos segundos, sin que se cierre ninguna sesión.
office-time-zone = Zona horaria
office-state-open = Abierta
office-state-closed = Cerrada
office-do-close = Cerrar la oficina
office-do-reopen = Reabrir la oficina
office-done-created = La oficina se ha creado.
office-done-saved = Los cambios se han guardado.
office-done-close = La oficina está cerrada.
office-done-reopen = La oficina está abierta de nuevo.
office-reopen-about = Se le podrán volver a añadir personas, clientes de la API, registros y oficinas.
office-closed-about = Esta oficina se cerró el { $date }. Sus registros se pueden consultar y completar, pero no se le puede asignar nada nuevo.
office-close-title = Cerrar { $name }
office-close-about = A una oficina cerrada no se le puede asignar nada nuevo: ni registros, ni roles, ni clientes de la API, ni oficinas que dependan de ella. Sus registros se conservan y se pueden completar. Se puede reabrir en cualquier momento.
office-close-first = Para poder cerrar la oficina, traslade o termine antes lo que figura arriba.
office-open = Aún abierto
office-open-nothing = No hay nada abierto en esta oficina.
office-open-offices = { $count ->
    [one] { $count } oficina abierta depende de ella
   *[other] { $count } oficinas abiertas dependen de ella
 }
office-open-people = { $count ->
    [one] { $count } persona que tiene un rol en ella o cuya cuenta gestiona esta oficina
   *[other] { $count } personas que tienen un rol en ella o cuya cuenta gestiona esta oficina
 }
office-open-clients = { $count ->
    [one] { $count } cliente de la API
   *[other] { $count } clientes de la API
 }
office-open-agreements = { $count ->
    [one] { $count } acuerdo que no está cerrado ni cancelado
   *[other] { $count } acuerdos que no están cerrados ni cancelados
 }
offices-below = Oficinas que dependen de ella
offices-below-none = Ninguna oficina depende de esta.
office-accounts = Cuentas gestionadas por esta oficina
office-people = Personas con un rol en esta oficina
office-people-none = Nadie tiene un rol en esta oficina.
office-person-inactive = No puede iniciar sesión

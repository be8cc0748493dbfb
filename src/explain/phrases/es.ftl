# Lo que Limpid dice en español. Los otros idiomas están al lado; si falta un mensaje en uno de ellos, falla
# una prueba. Delante del signo de porcentaje va un espacio fino de no separación (U+202F).

## La página

page-title = Por qué este anuncio
kicker = Esto es un anuncio: aquí está por qué lo ve
fallback-language = Esta página aún no existe en su idioma; aquí está en español.
languages = Idiomas
language-name = Español

headline-mainly = Usted ve este anuncio sobre todo por esto: { $clause }.
headline-partly = Usted ve este anuncio en parte por esto: { $clause }.
headline-mainly-value = Esto es lo que más contó para este anuncio: { $clause }.
headline-partly-value = Esto también contó para este anuncio: { $clause }.
headline-only = Este era el único anuncio que se podía mostrar aquí.
headline-even = Nada distinguía este anuncio de los otros que se podían mostrar aquí.
headline-none = No hay un motivo único a favor de este anuncio.

compared-others = { $others ->
    [one] En comparación con el otro anuncio que se podía mostrar aquí.
   *[other] En comparación con los otros { $others } anuncios que se podían mostrar aquí.
}
compared-average = No había otro anuncio para comparar. Cada motivo se compara con la media de casos pasados.

for-advertiser = Mostrado para
for-payer = Pagado por
for-category = Tema

section-for = Lo que contó a favor de este anuncio
section-against = Lo que contó en contra
section-common = Lo que valía para todos los anuncios posibles
section-unused = Lo que no se usó, y por qué
section-change = Cómo cambiar esto
section-kept = Lo que se guarda, y cuánto tiempo

share = { $percent } %
share-tiny = menos del 1 %
percent-tiny = menos del 1
share-most = más del 99 %

named-share = { $count ->
    [one] Peso de este motivo en todo lo que contó a favor o en contra de este anuncio: { $share }.
   *[other] Peso de estos { $count } motivos en todo lo que contó a favor o en contra de este anuncio: { $share }.
}
remainder = El resto, { $share }, son motivos más débiles y partes fijas del cálculo.
remainder-none = Nada más contó.
common-intro = Esto contó igual para todos los anuncios: no explica que se eligiera este.
more-common = { $count } más
unused-none = No se apartó nada.
personal-none = Nada de lo que se sabe de usted marcó una diferencia entre los anuncios.
change-intro = Usted elige qué fines acepta en los ajustes de privacidad del sitio que le mostró este anuncio. Lo que deje de aceptar no se usará para el próximo anuncio.
change-group = { $count ->
    [one] Ya no se usará si deja de aceptar este fin: { $purposes }.
   *[other] Ya no se usará si deja de aceptar alguno de estos fines: { $purposes }.
}
change-none = Ninguna elección suya cambiaría estos motivos: ninguno trata de usted.
kept-group = Se guarda { $days ->
    [365] un año
    [one] un día
   *[other] { $days } días
}:
kept-none = No se usó nada sobre usted. Por eso no se guarda nada sobre usted para este fin.

source = Origen: { $provenance }, { $derivation }.
source-personal = Se usa con su permiso para estos fines: { $purposes }.
source-not-personal = No dice nada de usted.
banded-note = Las cifras y las fechas se dan por tramos, porque este enlace sirve a cualquiera que lo tenga.
sample-note = Demostración: los nombres, los precios y las opciones de privacidad son ejemplos.
record = Decisión { $id }, tomada el { $at }.

## Los motivos

bid-higher = El anunciante ofreció más que la media de los otros.
bid-lower = El anunciante ofreció menos que la media de los otros.
last-time = La última vez fue { $when }.
pair-counted = Contaron juntos: { $one } y { $other }.
datum-pair = { $one }, junto con: { $other }
fact-value = { $label }: { $value }.
fact-missing = { $label }: no se sabe.
fact-withheld = { $label }: no se usó para este anuncio.
roughly = alrededor de { $value }
yes = sí
no = no

history-browse = Usted ha mirado «{ $key }» { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya mirado «{ $key }» { $window }.
history-browse-alike = Usted ha mirado cosas de este tipo { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya mirado nada de este tipo { $window }.
history-browse-any = Usted ha visto páginas aquí { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya visto ninguna página aquí { $window }.
history-purchase = Usted ha comprado «{ $key }» { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya comprado «{ $key }» { $window }.
history-purchase-alike = Usted ha comprado productos de este tipo { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya comprado nada de este tipo { $window }.
history-purchase-any = Usted ha comprado algo aquí { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya comprado nada aquí { $window }.
history-search = Usted ha buscado «{ $key }» { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya buscado «{ $key }» { $window }.
history-search-alike = Usted ha buscado cosas de este tipo { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya buscado nada de este tipo { $window }.
history-search-any = Usted ha buscado algo aquí { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya buscado nada aquí { $window }.
history-impression = Se le han mostrado anuncios de «{ $key }» { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que se le hayan mostrado anuncios de «{ $key }» { $window }.
history-impression-alike = Se le han mostrado anuncios de este tipo { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que se le hayan mostrado anuncios de este tipo { $window }.
history-impression-any = Se le han mostrado anuncios aquí { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que se le haya mostrado ningún anuncio aquí { $window }.
history-click = Usted ha hecho clic en anuncios de «{ $key }» { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya hecho clic en anuncios de «{ $key }» { $window }.
history-click-alike = Usted ha hecho clic en anuncios de este tipo { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya hecho clic en anuncios de este tipo { $window }.
history-click-any = Usted ha hecho clic en anuncios aquí { $count ->
    [one] una vez
   *[other] { $count } veces
} { $window }.
    .absent = No consta que usted haya hecho clic en ningún anuncio aquí { $window }.
history-conversion = Usted ha usado ofertas de «{ $key }» { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya usado ofertas de «{ $key }» { $window }.
history-conversion-alike = Usted ha usado ofertas de este tipo { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya usado ofertas de este tipo { $window }.
history-conversion-any = Usted ha usado ofertas aquí { $times ->
    [one] una vez
   *[other] { $times } veces
} { $window }.
    .absent = No consta que usted haya usado ninguna oferta aquí { $window }.

window-weeks = { $count ->
    [one] en la última semana
   *[other] en las últimas { $count } semanas
}
window-days = { $count ->
    [365] en los últimos 12 meses
    [one] en el último día
   *[other] en los últimos { $count } días
}
band = de { $from } a { $to }
band-open = más de { $from }

## De dónde vienen los datos

provenance-first-party = este sitio
provenance-partner = un socio, { $name }
derivation-stated = dato declarado
derivation-observed = dato observado
derivation-inferred = dato deducido de otros datos

cause-not-personal = No dice nada de usted.
cause-accepted = Usted aceptó todos los fines necesarios.
cause-purposes-refused = { $count ->
    [one] Usted no ha aceptado este fin: { $purposes }.
   *[other] Usted no ha aceptado estos fines: { $purposes }.
}
cause-not-objected = Se le dijo que puede oponerse a este uso, y no se ha opuesto.
cause-privacy-control = Su navegador pide que no se vendan ni se compartan sus datos.
cause-age = No se usa nada sobre usted donde puede haber niños.
cause-opted-out = Usted rechazó este uso.
cause-no-choice = El sitio no transmitió ninguna elección válida suya que permita este uso.
cause-no-subject = El sitio no dijo quién es usted; por eso no se buscó nada sobre usted.
cause-sensitive-ad = Este anuncio es de un tipo delicado. Estos anuncios nunca se eligen por lo que se sabe de usted.
cause-withdrawn = Ha retirado su consentimiento a este uso.
cause-objected = Se ha opuesto a este uso.
cause-stopped = Nos ha pedido que no usemos nada sobre usted para los anuncios.
cause-forgotten = Nos ha pedido que no usemos este dato.

## Los fines del marco de transparencia y consentimiento (TCF)

purpose-1 = guardar o leer datos en su dispositivo
purpose-2 = elegir anuncios con pocos datos
purpose-3 = crear un perfil de usted para anuncios
purpose-4 = elegir anuncios con un perfil de usted
purpose-5 = crear un perfil de usted para contenidos
purpose-6 = elegir contenidos con un perfil de usted
purpose-7 = medir si los anuncios funcionan
purpose-8 = medir si los contenidos funcionan
purpose-9 = conocer al público con estadísticas
purpose-10 = desarrollar y mejorar servicios
purpose-11 = elegir contenidos con pocos datos
list-separator = {", "}
list-last = {" y "}

## El tiempo

month-name = { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
}
day-number = { $day }
day = { day-number } de { month-name } de { $year }
month = { month-name } de { $year }
on-day = el { day }
in-month = en { month }
moment = { day } a las { $hour }:{ $minute } UTC

## Cuando no hay página que mostrar

problem-expired = Este enlace ha caducado
problem-expired-text = Un enlace a los motivos de un anuncio solo vale durante un tiempo. Abra los motivos otra vez desde el anuncio.
problem-invalid = Este enlace no es válido
problem-invalid-text = Quizá se cortó o cambió en el camino. Abra los motivos otra vez desde el anuncio.
problem-not-found = Aquí no hay nada
problem-not-found-text = El registro al que lleva este enlace no existe o se ha borrado.

## El aviso, y cómo se toma una decisión

notice-change = Puede detener el uso de estos datos: { $data }. Basta con dejar de aceptar uno de estos fines: { $purposes }.

how-step-1 = El sitio que muestra el anuncio pregunta cuál de varios debe mostrar. También dice qué fines aceptó usted.
how-step-2 = Lo que usted no aceptó se aparta antes de leer nada.
how-step-3 = Se busca lo que se puede leer: lo que usted hizo aquí y para qué es cada anuncio.
how-step-4 = Cada anuncio recibe puntos por cada una de estas cosas. Los puntos se suman. Fuera de eso, solo cuenta el precio que ofrece el anunciante.
how-step-5 = Se muestra el anuncio con la suma más alta. Los puntos se guardan sellados para poder revisarlos más tarde.
how-step-6 = Usted puede abrir los motivos de todo anuncio que se le mostró, y cambiar lo que acepta.
how-never-1 = Edad, sexo, ingresos, familia y otros rasgos de grupos.
how-never-2 = Compras de las que se podría adivinar su salud, su familia, sus creencias o su origen.
how-never-3 = Si usted rechazó algo: un rechazo nunca se usa en su contra.
how-never-4 = Lo que usted hizo después de que se eligiera el anuncio.
how-sensitive = Las compras en estas categorías no nos dicen nada de usted. Se llaman aquí como en la IAB Ad Product Taxonomy 2.0, en inglés:

how-title = Cómo se eligen aquí los anuncios
how-kicker = Para todos, sin saber nada antes
how-intro = Un ordenador elige algunos anuncios de este sitio. Esta página dice qué mira, cómo decide y qué puede cambiar usted. Está escrita a partir de los cálculos que se usan hoy.
how-link = Cómo se eligen aquí los anuncios, paso a paso
how-back = Volver a los motivos de su anuncio
how-section-steps = Seis pasos hasta un anuncio
how-section-looks = Qué se mira
how-section-never = Qué no se mira nunca
how-section-guess = Qué es una estimación, y qué no es
how-section-example = Un ejemplo inventado
how-section-choices = Qué hacen sus elecciones
how-looks-intro = Las barras muestran cuánto cuenta cada cosa, entre muchas personas y anuncios. Todas las barras suman el total.
how-looks-none = En este momento no se eligen anuncios, así que no se mira nada.
how-about-person = Sobre usted
how-about-ad = Sobre el anuncio
how-about-place = Sobre la página y el momento
how-needs = { $count ->
    [one] Solo se mira si usted acepta este fin: { $purposes }.
   *[other] Solo se mira si usted acepta todos estos fines: { $purposes }.
}
how-impersonal = No dice nada de usted.
how-kept = { $days ->
    [365] Se guarda un año.
    [one] Se guarda un día.
   *[other] Se guarda { $days } días.
}
how-not-kept = No se guarda.
how-guess-1 = Una estimación dice cuántas de 1000 personas en el mismo caso hacen lo que pide un anuncio.
how-guess-2 = Sale de lo que mucha gente hizo antes. No dice nada de lo que usted piensa o planea.
how-guess-3 = Puede fallar. Con una sola persona, falla a menudo.
how-guess-4 = Dos cosas pueden ir juntas sin que una cause la otra.
how-guess-5 = Nada se saca de un caso con muy poca gente.
how-example-intro = Esta persona no existe, y no se muestran datos reales de nadie. Paso a paso se sabe una cosa más, dicha como la leería esta persona. Lo que no se nombra se toma como medio.
how-people = { $people ->
    [0] menos de 1
   *[other] unas { $people }
}
how-example-start = Al principio todo es medio. De 1000 personas así, { $count } { $response ->
    [click] hacen clic en el anuncio.
   *[other] hacen lo que pide el anuncio.
}
how-example-more = De 1000 personas así, ahora son { $count }: más que antes.
how-example-less = De 1000 personas así, ahora son { $count }: menos que antes.
how-example-same = De 1000 personas así, siguen siendo { $count }.
how-example-end = Cada uno de los otros anuncios pasa por el mismo cálculo. Luego se cuenta el precio que ofrece cada anunciante, y se muestra el anuncio con la suma más alta.
how-choice-1 = Si usted no acepta nada, sigue viendo anuncios. Entonces se eligen sin saber nada de usted.
how-choice-2 = Lo que usted acepta se puede usar desde el siguiente anuncio. Lo que deja de aceptar queda fuera desde el siguiente anuncio.
how-choice-3 = El enlace de cada anuncio abre los motivos de ese anuncio, y lo que usted puede cambiar.
how-choice-4 = Usted elige en los ajustes de privacidad del sitio que muestra el anuncio.

## El enlace junto a un anuncio

widget-open = ¿Por qué este anuncio?
widget-close = Cerrar
widget-tab = Abrir en una página aparte

## Comparar, y preguntar qué cambiaría

contrast-more = Cuenta más para este anuncio que para el otro: { $datum }.
contrast-less = Cuenta menos para este anuncio que para el otro: { $datum }.
contrast-bid-higher = El anunciante de este anuncio ofrece más que el del otro.
contrast-bid-lower = El anunciante de este anuncio ofrece menos que el del otro.

probability-order = Cada uno de estos cambios vale solo en este orden, el más fuerte primero. En otro orden serían distintos; el resultado, no.
change-flips = Sin estos datos habría visto otro anuncio, de { $advertiser }: { $data }.
change-no-ad = Sin estos datos no habría visto ningún anuncio: { $data }.
change-same = Sin estos datos habría visto el mismo anuncio: { $data }.
changes-found = Esto habría cambiado la elección. Basta con una sola línea.
changes-no-control = Para esta elección no se usaron datos que usted controla. Por eso nada de eso la habría cambiado.
changes-none = Ninguno de los datos que usted controla habría cambiado esta elección, ni dos o tres juntos.
changes-only-many = Solo más de tres de los datos que usted controla habrían cambiado esta elección.
changes-not-found = Probamos muchos de los datos que usted controla, y nada habría cambiado esta elección.

an-ad = Un anuncio de { $advertiser }: { $category }
no-ad = Ningún anuncio

## Elegir en la página

control-intro = Aquí puede elegir. Lo que elija se guarda al momento y vale desde el próximo anuncio. Puede deshacer cada elección.
control-bearer = Este enlace sirve a quien lo tenga, así que aquí no se puede cambiar nada. Para elegir, abra los motivos desde el propio anuncio o vaya a los ajustes de privacidad del sitio que lo mostró.
control-nobody = El sitio no dijo quién es usted. Por eso no hay nadie cuya elección se pueda guardar aquí.
control-about-ads = Qué anuncios ve
control-about-data = Qué datos se usan
control-about-purposes = Para qué se usan sus datos
control-about-everything = Todo a la vez
control-about-others = Sus otras elecciones
control-advertiser = Anuncios de { $name }
control-category = Anuncios sobre este tema: { $name }
control-everything = Todo lo que se sabe de usted
control-chosen = Usted eligió esto.
control-hide = No mostrar más
control-show = Mostrar de nuevo
control-forget = No usar esto
control-use = Usar esto de nuevo
control-object = No permitir
control-allow = Permitir de nuevo
control-withdraw = Dejar de aceptar
control-grant = Aceptar de nuevo
control-stop = No usar nada sobre mí
control-resume = Usar de nuevo lo que acepto
state-advertiser-yes = Se le pueden mostrar anuncios de { $name }.
state-advertiser-no = No se le muestran anuncios de { $name }.
state-category-yes = Se le pueden mostrar anuncios sobre este tema: { $name }.
state-category-no = No se le muestran anuncios sobre este tema: { $name }.
state-datum-yes = Se puede usar, si aceptó para qué sirve.
state-datum-no = No se usa para anuncios.
state-purpose-silent = No nos dijo nada sobre esto. Vale lo que aceptó en el sitio.
state-purpose-granted = Usted lo acepta.
state-purpose-withdrawn = Usted no lo acepta.
state-purpose-objected = Usted no lo permite, sea lo que sea lo aceptado.
state-everything-yes = Se puede usar, hasta donde usted lo aceptó.
state-everything-no = No se usa nada sobre usted para anuncios.

## El recibo de una elección

receipt-kicker = Recibo
receipt-title = Su elección está guardada
receipt-since = Vale desde el { $at } y cuenta desde el próximo anuncio.
receipt-overtaken = Desde entonces eligió otra cosa. Lo que dice este recibo ya no vale.
receipt-said = Usted dijo
receipt-before = Antes
receipt-after = Con su elección
receipt-unchanged = Ya era así, de modo que nada cambió.
receipt-undo = Puede deshacer esto.
receipt-redo = Puede elegir esto de nuevo.
receipt-again = El mismo anuncio, elegido de nuevo
receipt-again-intro = Hemos elegido otra vez para ese mismo momento, entre los mismos anuncios y a los mismos precios.
receipt-ad-before = Antes de su elección
receipt-ad-after = Con su elección
receipt-stays = El anuncio por el que preguntó se mostraría igual. Su elección vale también para todos los demás.
receipt-leaves = El anuncio por el que preguntó ya no se mostraría.
receipt-returns = El anuncio por el que preguntó se mostraría de nuevo.
receipt-absent = El anuncio por el que preguntó no se mostraría, ni antes ni ahora.
receipt-narrow = Los datos que no se podían usar en ese momento tampoco se leen aquí. Si permite más, cuenta desde el próximo anuncio.
receipt-record = Recibo { $id }, de la decisión { $decision }.

## Por qué no otro anuncio, y qué lo habría cambiado

section-contrast = ¿Por qué no otro anuncio?
contrast-with = Se compara con otro anuncio que se podía mostrar aquí. { $name }.
contrast-for-this = Contó más para este anuncio
contrast-for-other = Contó más para el otro anuncio
contrast-smaller = y { $count } más pequeños
contrast-bid-equal = Los dos anunciantes ofrecen lo mismo.
contrast-policy = También difieren partes fijas del cálculo.
contrast-pick = Comparar con
contrast-go = Comparar
contrast-none = No se podía mostrar ningún otro anuncio aquí.
section-changes = ¿Qué lo habría cambiado?
changes-invite = Podemos elegir el anuncio otra vez sin una parte de sus datos, y decirle qué habría visto.
changes-go = Ver qué lo habría cambiado
changes-title = Qué habría cambiado este anuncio
changes-instead = Habría visto un anuncio de { $advertiser } sin uno cualquiera de estos:
changes-instead-none = No habría visto ningún anuncio sin uno cualquiera de estos:
changes-ones = Una cosa cada vez
changes-ones-intro = ¿Qué habría visto sin uno de estos datos?
changes-back = Todo lo que habría cambiado este anuncio
changes-how = Mirar aquí no cambia nada. Para cambiar lo que se usa, vuelva a los motivos.
changes-tried = Para esta página el anuncio se eligió { $count ->
    [one] una vez más
   *[other] { $count } veces más
}, cada vez con menos datos suyos.

## Cuando el marco se cierra, o algo no se puede hacer

closed-title = Puede cerrar esta página
closed-text = Aquí no pasa nada más.
problem-no-receipt = No hay tal recibo
problem-no-receipt-text = No se guarda ninguna elección suya con este nombre, o se ha borrado.
problem-too-often = Demasiadas preguntas a la vez
problem-too-often-text = Espere { $seconds ->
    [one] un segundo
   *[other] { $seconds } segundos
} y pregunte de nuevo.
problem-bearer = Con este enlace no se puede cambiar nada
problem-bearer-text = Sirve a quien lo tenga. Para elegir, abra los motivos desde el propio anuncio o vaya a los ajustes de privacidad del sitio que lo mostró.
problem-nobody = No hay nadie cuya elección se pueda guardar
problem-nobody-text = El sitio no dijo quién es usted. No se cambió nada.
problem-elsewhere = Esto no vino de nuestra página
problem-elsewhere-text = Una elección solo cuenta si se hace en la propia página de los motivos. No se cambió nada.
problem-malformed = Esto no se entiende
problem-malformed-text = Lo que se envió no es lo que envían nuestras páginas. No se cambió nada.
problem-reused = Este formulario ya se usó
problem-reused-text = Se envió con otra elección, que está guardada. No se cambió nada. Vuelva a los motivos y elija allí.
problem-unavailable = Ahora mismo no funciona
problem-unavailable-text = El fallo es nuestro. Inténtelo de nuevo en un rato.

## Lo que piensa quien lee

section-say = Díganos qué piensa
press-intro = Basta un clic. Se cuenta con lo que dicen otros y no cambia ninguno de sus anuncios.
press-clear = Las razones son claras
press-unclear = Las razones no son claras
press-relevant = Este anuncio me sirve
press-not-relevant = Este anuncio no me sirve
press-thanks = Gracias
press-kept = Su respuesta queda guardada. Se cuenta con las de otros y no cambia ninguno de sus anuncios.
concern-title = Preguntar o reclamar
concern-intro = ¿Algo está mal? Tendrá una respuesta en 30 días, en la página que se abre al enviar.
concern-topic = ¿De qué se trata?
topic-wrong-reason = Una razón no es cierta
topic-unwanted-data = Mis datos no se deben usar
topic-unfair = Siento que el trato no es justo
topic-content = El anuncio engaña u ofende
topic-unclear = No entiendo las razones
topic-other = Otra cosa
concern-words = Con sus palabras (puede quedar vacío)
concern-send = Enviar mi pregunta
concern-earlier = Lo que ya se preguntó
concern-kept = Su pregunta queda guardada
concern-raised = Se envió el { $at }.
concern-due = Podrá leer aquí la respuesta antes del { $at }.
concern-waits = Todavía no hay respuesta.
concern-upheld = Usted tenía razón.
concern-explained = No se encontró ningún error.
concern-answered = La respuesta llegó el { $at }.
concern-sealed = La respuesta solo la ve la persona a quien va.
concern-said = Lo que usted escribió
concern-answer = La respuesta
concern-remade-same = Elegimos otra vez para ese mismo momento: sale lo mismo.
concern-remade-other = Elegimos otra vez para ese mismo momento, y no sale lo mismo. Quien le responde lo sabe.
concern-remade-gone = Esta elección ya no se puede repetir.
problem-too-many-concerns = Aquí ya no se toman más preguntas
problem-too-many-concerns-text = Ya hay muchas preguntas sobre este anuncio. Cada una tendrá su respuesta.

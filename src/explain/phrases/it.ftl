# Quello che Limpid dice in italiano. Le altre lingue sono qui accanto; se un messaggio manca in una di esse,
# un test fallisce.

## La pagina

page-title = Perché questo annuncio
kicker = Questo è un annuncio: ecco perché lo vede
fallback-language = Questa pagina non esiste ancora nella Sua lingua: eccola in italiano.
languages = Lingue
language-name = Italiano

headline-mainly = Vede questo annuncio soprattutto per questo motivo: { $clause }.
headline-partly = Vede questo annuncio in parte per questo motivo: { $clause }.
headline-mainly-value = Ecco che cosa ha contato di più per questo annuncio: { $clause }.
headline-partly-value = Ecco che cosa ha contato per questo annuncio: { $clause }.
headline-only = Era l’unico annuncio che si poteva mostrare qui.
headline-even = Nulla distingueva questo annuncio dagli altri che si potevano mostrare qui.
headline-none = Nessun motivo parla da solo a favore di questo annuncio.

compared-others = { $others ->
    [one] A confronto con l’altro annuncio che si poteva mostrare qui.
   *[other] A confronto con gli altri { $others } annunci che si potevano mostrare qui.
}
compared-average = Non c’era un altro annuncio per il confronto: ogni motivo è confrontato con la media dei casi passati.

for-advertiser = Mostrato per
for-payer = Pagato da
for-category = Tema

section-for = Che cosa ha contato a favore di questo annuncio
section-against = Che cosa ha contato contro
section-common = Che cosa valeva per ogni annuncio possibile
section-unused = Che cosa non è stato usato, e perché
section-change = Come cambiare tutto questo
section-kept = Che cosa si conserva, e per quanto tempo

share = { $percent }%
share-tiny = meno dell’1%
percent-tiny = meno dell’1
share-most = più del 99%

named-share = { $count ->
    [one] Peso di questo motivo in tutto ciò che ha contato pro o contro questo annuncio: { $share }.
   *[other] Peso di questi { $count } motivi in tutto ciò che ha contato pro o contro questo annuncio: { $share }.
}
remainder = Il resto, { $share }, sono motivi più deboli e parti fisse del calcolo.
remainder-none = Nient’altro ha contato.
common-intro = Tutto questo ha contato allo stesso modo per ogni annuncio: non spiega perché è stato scelto questo.
more-common = ancora { $count }
unused-none = Nulla è stato messo da parte.
personal-none = Nulla di ciò che si sa di Lei ha fatto differenza tra gli annunci.
change-intro = Lei sceglie quali scopi accettare nelle impostazioni sulla privacy del sito che Le ha mostrato questo annuncio. Ciò che non accetta più non serve per il prossimo annuncio.
change-group = { $count ->
    [one] Non sarà più usato se smette di accettare questo scopo: { $purposes }.
   *[other] Non sarà più usato se smette di accettare uno di questi scopi: { $purposes }.
}
change-none = Nessuna Sua scelta cambierebbe questi motivi: nessuno riguarda Lei.
kept-group = Si conserva per { $days ->
    [365] un anno
    [one] un giorno
   *[other] { $days } giorni
}:
kept-none = Non è stato usato nulla su di Lei: quindi non si conserva nulla su di Lei per questo scopo.

source = Origine: { $provenance }, { $derivation }.
source-personal = Usato con il Suo consenso per: { $purposes }.
source-not-personal = Non dice nulla di Lei.
banded-note = Numeri e date sono indicati per fasce, perché questo link funziona per chiunque lo abbia.
sample-note = Dimostrazione: nomi, prezzi e scelte sulla privacy sono esempi.
record = Decisione { $id }, presa in data { $at }.

## I motivi

bid-higher = L’inserzionista ha offerto più della media degli altri.
bid-lower = L’inserzionista ha offerto meno della media degli altri.
last-time = L’ultima volta è stata { $when }.
pair-counted = Hanno contato insieme: { $one } e { $other }.
datum-pair = { $one }, insieme a: { $other }
fact-value = { $label }: { $value }.
fact-missing = { $label }: non si sa.
fact-withheld = { $label }: non usato per questo annuncio.
roughly = circa { $value }
yes = sì
no = no

history-browse = Lei ha guardato «{ $key }» { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia guardato «{ $key }» { $window }.
history-browse-alike = Lei ha guardato cose di questo tipo { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia guardato cose di questo tipo { $window }.
history-browse-any = Lei ha guardato pagine qui { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia guardato pagine qui { $window }.
history-purchase = Lei ha comprato «{ $key }» { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia comprato «{ $key }» { $window }.
history-purchase-alike = Lei ha comprato prodotti di questo tipo { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia comprato prodotti di questo tipo { $window }.
history-purchase-any = Lei ha comprato qualcosa qui { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia comprato qualcosa qui { $window }.
history-search = Lei ha cercato «{ $key }» { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cercato «{ $key }» { $window }.
history-search-alike = Lei ha cercato cose di questo tipo { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cercato cose di questo tipo { $window }.
history-search-any = Lei ha cercato qualcosa qui { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cercato qualcosa qui { $window }.
history-impression = Le sono stati mostrati annunci per «{ $key }» { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Le siano stati mostrati annunci per «{ $key }» { $window }.
history-impression-alike = Le sono stati mostrati annunci di questo tipo { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Le siano stati mostrati annunci di questo tipo { $window }.
history-impression-any = Le sono stati mostrati annunci qui { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Le siano stati mostrati annunci qui { $window }.
history-click = Lei ha cliccato su annunci per «{ $key }» { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cliccato su annunci per «{ $key }» { $window }.
history-click-alike = Lei ha cliccato su annunci di questo tipo { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cliccato su annunci di questo tipo { $window }.
history-click-any = Lei ha cliccato su annunci qui { $count ->
    [one] una volta
   *[other] { $count } volte
} { $window }.
    .absent = Non risulta che Lei abbia cliccato su annunci qui { $window }.
history-conversion = Lei ha usato offerte per «{ $key }» { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia usato offerte per «{ $key }» { $window }.
history-conversion-alike = Lei ha usato offerte di questo tipo { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia usato offerte di questo tipo { $window }.
history-conversion-any = Lei ha usato offerte qui { $times ->
    [one] una volta
   *[other] { $times } volte
} { $window }.
    .absent = Non risulta che Lei abbia usato offerte qui { $window }.

window-weeks = { $count ->
    [one] nell’ultima settimana
   *[other] nelle ultime { $count } settimane
}
window-days = { $count ->
    [365] negli ultimi 12 mesi
    [one] nell’ultimo giorno
   *[other] negli ultimi { $count } giorni
}
band = { $from }–{ $to }
band-open = più di { $from }

## Da dove vengono i dati

provenance-first-party = questo sito
provenance-partner = un partner, { $name }
derivation-stated = dato dichiarato
derivation-observed = dato osservato
derivation-inferred = dato ricavato da altri dati

cause-not-personal = Non dice nulla di Lei.
cause-accepted = Lei ha accettato tutti gli scopi necessari.
cause-purposes-refused = { $count ->
    [one] Lei non ha accettato questo scopo: { $purposes }.
   *[other] Lei non ha accettato questi scopi: { $purposes }.
}
cause-not-objected = Le è stato detto che può opporsi a questo uso, e non lo ha fatto.
cause-privacy-control = Il Suo browser chiede di non vendere e non condividere i Suoi dati.
cause-age = Dove possono esserci minori, non si usa nulla su di Lei.
cause-opted-out = Lei ha rifiutato questo uso.
cause-no-choice = Il sito non ha trasmesso una Sua scelta valida che permetta questo uso.
cause-no-subject = Il sito non ha detto chi è Lei: quindi non è stato cercato nulla su di Lei.
cause-sensitive-ad = Questo annuncio è di tipo delicato. Questi annunci non si scelgono mai in base a ciò che si sa di Lei.
cause-withdrawn = Ha ritirato il consenso a questo uso.
cause-objected = Si è opposto a questo uso.
cause-stopped = Ci ha chiesto di non usare nulla su di Lei per gli annunci.
cause-forgotten = Ci ha chiesto di non usare questo dato.

## Gli scopi del quadro per la trasparenza e il consenso (TCF)

purpose-1 = salvare o leggere dati sul Suo dispositivo
purpose-2 = scegliere annunci con pochi dati
purpose-3 = creare un Suo profilo per gli annunci
purpose-4 = scegliere annunci con un Suo profilo
purpose-5 = creare un Suo profilo per i contenuti
purpose-6 = scegliere contenuti con un Suo profilo
purpose-7 = misurare se gli annunci funzionano
purpose-8 = misurare se i contenuti funzionano
purpose-9 = capire il pubblico con statistiche
purpose-10 = sviluppare e migliorare i servizi
purpose-11 = scegliere contenuti con pochi dati
list-separator = {", "}
list-last = {" e "}

## Il tempo

month-name = { $month ->
    [1] gennaio
    [2] febbraio
    [3] marzo
    [4] aprile
    [5] maggio
    [6] giugno
    [7] luglio
    [8] agosto
    [9] settembre
    [10] ottobre
    [11] novembre
   *[12] dicembre
}
day-number = { $day ->
    [1] 1º
   *[other] { $day }
}
day = { day-number } { month-name } { $year }
month = { month-name } { $year }
on-day = { $day ->
    [8] l’{ day }
    [11] l’{ day }
   *[other] il { day }
}
in-month = nel mese di { month }
moment = { day } alle { $hour }:{ $minute } UTC

## Quando non c’è una pagina da mostrare

problem-expired = Questo link è scaduto
problem-expired-text = Un link ai motivi di un annuncio funziona solo per un certo tempo. Apra di nuovo i motivi dall’annuncio.
problem-invalid = Questo link non è valido
problem-invalid-text = Forse è stato tagliato o cambiato lungo il percorso. Apra di nuovo i motivi dall’annuncio.
problem-not-found = Qui non c’è nulla
problem-not-found-text = Il dato a cui porta questo link non esiste oppure è stato cancellato.

## L’avviso, e come si prende una decisione

notice-change = Lei può fermare l’uso di questi dati: { $data }. Basta non accettare più uno di questi scopi: { $purposes }.

how-step-1 = Il sito che mostra l’annuncio chiede quale mostrare tra molti. Dice anche quali scopi Lei ha accettato.
how-step-2 = Ciò che Lei non ha accettato è messo da parte prima di leggere qualsiasi cosa.
how-step-3 = Si cerca ciò che si può leggere: che cosa Lei ha fatto qui, e per che cosa è ogni annuncio.
how-step-4 = Ogni annuncio riceve punti per ognuna di queste cose. I punti si sommano. A parte questo, conta solo il prezzo che offre l’inserzionista.
how-step-5 = Si mostra l’annuncio con la somma più alta. I punti si conservano sigillati, così che si possano controllare più tardi.
how-step-6 = Lei può aprire i motivi di ogni annuncio che Le è stato mostrato, e cambiare ciò che accetta.
how-never-1 = Età, sesso, reddito, famiglia e altri tratti di gruppi.
how-never-2 = Acquisti da cui si potrebbero intuire la Sua salute, la Sua famiglia, le Sue convinzioni o la Sua origine.
how-never-3 = Se Lei ha rifiutato qualcosa: un rifiuto non è mai usato contro di Lei.
how-never-4 = Ciò che Lei ha fatto dopo la scelta dell’annuncio.
how-sensitive = Gli acquisti in queste categorie non ci dicono nulla di Lei. Qui si chiamano come nella IAB Ad Product Taxonomy 2.0, in inglese:

how-title = Come si scelgono qui gli annunci
how-kicker = Per tutti, senza sapere nulla prima
how-intro = Un computer sceglie alcuni annunci di questo sito. Questa pagina dice che cosa guarda, come decide e che cosa Lei può cambiare. È scritta in base ai calcoli in uso oggi.
how-link = Come si scelgono qui gli annunci, passo per passo
how-back = Torna ai motivi del Suo annuncio
how-section-steps = Sei passi fino a un annuncio
how-section-looks = Che cosa si guarda
how-section-never = Che cosa non si guarda mai
how-section-guess = Che cos’è una stima, e che cosa non è
how-section-example = Un esempio inventato
how-section-choices = Che cosa fanno le Sue scelte
how-looks-intro = Le barre mostrano quanto conta ogni cosa, tra molte persone e molti annunci. Tutte le barre insieme fanno il totale.
how-looks-none = In questo momento non si scelgono annunci, quindi non si guarda nulla.
how-about-person = Su di Lei
how-about-ad = Sull’annuncio
how-about-place = Sulla pagina e sul momento
how-needs = { $count ->
    [one] Si guarda solo se Lei accetta questo scopo: { $purposes }.
   *[other] Si guarda solo se Lei accetta tutti questi scopi: { $purposes }.
}
how-impersonal = Non dice nulla di Lei.
how-kept = { $days ->
    [365] Si conserva per un anno.
    [one] Si conserva per un giorno.
   *[other] Si conserva per { $days } giorni.
}
how-not-kept = Non si conserva.
how-guess-1 = Una stima dice quante di 1.000 persone nello stesso caso fanno ciò che chiede un annuncio.
how-guess-2 = Viene da ciò che molte persone hanno fatto prima. Non dice nulla di ciò che Lei pensa o ha in mente.
how-guess-3 = Può essere falsa. Per una sola persona lo è spesso.
how-guess-4 = Due cose possono andare insieme senza che una sia la causa dell’altra.
how-guess-5 = Nulla si ricava da un caso con poche persone.
how-example-intro = Questa persona non esiste, e non si mostrano dati veri di nessuno. Passo per passo si sa una cosa in più, detta come la leggerebbe questa persona. Tutto ciò che non è detto vale come la media.
how-people = { $people ->
    [0] meno di 1
   *[other] circa { $people }
}
how-example-start = All’inizio tutto è nella media. Di 1.000 persone così, { $count } { $response ->
    [click] fanno clic sull’annuncio.
   *[other] fanno ciò che chiede l’annuncio.
}
how-example-more = Di 1.000 persone così, ora sono { $count }: più di prima.
how-example-less = Di 1.000 persone così, ora sono { $count }: meno di prima.
how-example-same = Di 1.000 persone così, sono sempre { $count }.
how-example-end = Ogni altro annuncio passa per lo stesso calcolo. Poi si conta il prezzo che offre ogni inserzionista, e si mostra l’annuncio con la somma più alta.
how-choice-1 = Se Lei non accetta nulla, vede comunque annunci. Allora si scelgono senza sapere nulla di Lei.
how-choice-2 = Ciò che Lei accetta si può usare dal prossimo annuncio. Ciò che non accetta più resta fuori dal prossimo annuncio.
how-choice-3 = Il link presso ogni annuncio apre i motivi di quell’annuncio, e ciò che Lei può cambiare.
how-choice-4 = Lei sceglie nelle impostazioni sulla privacy del sito che mostra l’annuncio.

## Il link accanto a un annuncio

widget-open = Perché questo annuncio?
widget-close = Chiudi
widget-tab = Apri in una pagina a parte

## Confrontare, e chiedere che cosa cambierebbe

contrast-more = Conta di più per questo annuncio che per l’altro: { $datum }.
contrast-less = Conta di meno per questo annuncio che per l’altro: { $datum }.
contrast-bid-higher = Per questo annuncio si offre di più che per l’altro.
contrast-bid-lower = Per questo annuncio si offre di meno che per l’altro.

probability-order = Ognuno di questi cambiamenti vale solo in questo ordine, il più forte per primo. In un altro ordine sarebbero diversi; il risultato no.
change-flips = Senza questi dati Lei avrebbe visto un altro annuncio, di { $advertiser }: { $data }.
change-no-ad = Senza questi dati Lei non avrebbe visto annunci: { $data }.
change-same = Senza questi dati Lei avrebbe visto lo stesso annuncio: { $data }.
changes-found = Ecco che cosa avrebbe cambiato la scelta. Ogni riga basta da sola.
changes-no-control = Per questa scelta non sono serviti dati che Lei controlla. Nulla di questo l’avrebbe quindi cambiata.
changes-none = Nessuno dei dati che Lei controlla avrebbe cambiato questa scelta, e nemmeno due o tre insieme.
changes-only-many = Solo più di tre dei dati che Lei controlla avrebbero cambiato questa scelta.
changes-not-found = Abbiamo provato molti dei dati che Lei controlla, e nulla avrebbe cambiato questa scelta.

an-ad = Un annuncio di { $advertiser }: { $category }
no-ad = Nessun annuncio

## Scegliere sulla pagina

control-intro = Qui può scegliere. La Sua scelta è salvata subito e vale dal prossimo annuncio. Può annullare ogni scelta.
control-bearer = Questo link funziona per chi lo ha, quindi qui non si cambia nulla. Per scegliere, apra i motivi dal vero annuncio o vada nelle impostazioni sulla privacy del sito che lo ha mostrato.
control-nobody = Il sito non ha detto chi è Lei. Quindi non c’è nessuno di cui salvare qui la scelta.
control-about-ads = Quali annunci vede
control-about-data = Quali dati si usano
control-about-purposes = A che cosa servono i Suoi dati
control-about-everything = Tutto insieme
control-about-others = Le altre Sue scelte
control-advertiser = Annunci di { $name }
control-category = Annunci su questo tema: { $name }
control-everything = Tutto ciò che si sa di Lei
control-chosen = Lei ha scelto così.
control-hide = Non mostrare più
control-show = Mostra di nuovo
control-forget = Non usare
control-use = Usa di nuovo
control-object = Non permettere
control-allow = Permetti di nuovo
control-withdraw = Non accettare più
control-grant = Accetta di nuovo
control-stop = Non usare nulla su di me
control-resume = Usa di nuovo ciò che accetto
state-advertiser-yes = Annunci di { $name } possono esserLe mostrati.
state-advertiser-no = Nessun annuncio di { $name } Le è mostrato.
state-category-yes = Annunci su questo tema possono esserLe mostrati: { $name }.
state-category-no = Nessun annuncio su questo tema Le è mostrato: { $name }.
state-datum-yes = Si può usare, se Lei ha accettato a che cosa serve.
state-datum-no = Non si usa per gli annunci.
state-purpose-silent = Non ci ha detto nulla su questo. Vale ciò che ha accettato sul sito.
state-purpose-granted = Lei lo accetta.
state-purpose-withdrawn = Lei non lo accetta.
state-purpose-objected = Lei non lo permette, qualunque cosa sia accettata.
state-everything-yes = Si può usare, per quanto Lei lo ha accettato.
state-everything-no = Nulla su di Lei si usa per gli annunci.

## La ricevuta di una scelta

receipt-kicker = Ricevuta
receipt-title = La Sua scelta è salvata
receipt-since = Vale dal { $at } e conta dal prossimo annuncio.
receipt-overtaken = Da allora ha scelto altro. Ciò che dice questa ricevuta non vale più.
receipt-said = Lei ha detto
receipt-before = Prima
receipt-after = Con la Sua scelta
receipt-unchanged = Era già così, quindi nulla è cambiato.
receipt-undo = Può annullare questa scelta.
receipt-redo = Può scegliere di nuovo così.
receipt-again = Lo stesso annuncio, scelto di nuovo
receipt-again-intro = Abbiamo scelto di nuovo per lo stesso momento, tra gli stessi annunci e agli stessi prezzi.
receipt-ad-before = Prima della Sua scelta
receipt-ad-after = Con la Sua scelta
receipt-stays = L’annuncio di cui ha chiesto resterebbe. La Sua scelta vale anche per tutti gli altri.
receipt-leaves = L’annuncio di cui ha chiesto non sarebbe più mostrato.
receipt-returns = L’annuncio di cui ha chiesto sarebbe mostrato di nuovo.
receipt-absent = L’annuncio di cui ha chiesto non sarebbe mostrato, né prima né ora.
receipt-narrow = I dati che allora non si potevano usare non si leggono nemmeno qui. Se permette di più, conta dal prossimo annuncio.
receipt-record = Ricevuta { $id }, per la decisione { $decision }.

## Perché non un altro, e che cosa lo avrebbe cambiato

section-contrast = Perché non un altro annuncio?
contrast-with = Confronto con un altro annuncio che poteva stare qui. { $name }.
contrast-for-this = Ha contato di più per questo annuncio
contrast-for-other = Ha contato di più per l’altro annuncio
contrast-smaller = e { $count } più piccoli
contrast-bid-equal = Per i due annunci si offre lo stesso.
contrast-policy = Anche parti fisse del calcolo sono diverse.
contrast-pick = Confronta con
contrast-go = Confronta
contrast-none = Nessun altro annuncio poteva stare qui.
section-changes = Che cosa lo avrebbe cambiato?
changes-invite = Possiamo scegliere di nuovo l’annuncio senza una parte dei Suoi dati, e dire che cosa avrebbe visto.
changes-go = Vedere che cosa lo avrebbe cambiato
changes-title = Che cosa avrebbe cambiato questo annuncio
changes-instead = Lei avrebbe visto un annuncio di { $advertiser } senza uno qualsiasi di questi:
changes-instead-none = Lei non avrebbe visto annunci senza uno qualsiasi di questi:
changes-ones = Una cosa per volta
changes-ones-intro = Che cosa avrebbe visto senza uno di questi dati?
changes-back = Tutto ciò che avrebbe cambiato questo annuncio
changes-how = Guardare qui non cambia nulla. Per cambiare ciò che si usa, torni ai motivi.
changes-tried = Per questa pagina l’annuncio è stato scelto { $count ->
    [one] un’altra volta
   *[other] altre { $count } volte
}, sempre con meno dati Suoi.

## Quando il riquadro è chiuso, o qualcosa non si può fare

closed-title = Può chiudere questa pagina
closed-text = Qui non succede altro.
problem-no-receipt = Questa ricevuta non c’è
problem-no-receipt-text = Nessuna Sua scelta è salvata con questo nome, o è stata cancellata.
problem-too-often = Troppe domande insieme
problem-too-often-text = Aspetti { $seconds ->
    [one] un secondo
   *[other] { $seconds } secondi
} e poi chieda di nuovo.
problem-bearer = Con questo link non si cambia nulla
problem-bearer-text = Funziona per chi lo ha. Per scegliere, apra i motivi dal vero annuncio o vada nelle impostazioni sulla privacy del sito che lo ha mostrato.
problem-nobody = Non c’è nessuno di cui salvare la scelta
problem-nobody-text = Il sito non ha detto chi è Lei. Nulla è cambiato.
problem-elsewhere = Questo non viene dalla nostra pagina
problem-elsewhere-text = Una scelta conta solo se è fatta sulla pagina dei motivi. Nulla è cambiato.
problem-malformed = Questo non si capisce
problem-malformed-text = Ciò che è arrivato non è ciò che mandano le nostre pagine. Nulla è cambiato.
problem-reused = Questo modulo è già servito
problem-reused-text = È arrivato con un’altra scelta, che è salvata. Nulla è cambiato. Torni ai motivi e scelga lì.
problem-unavailable = Ora non funziona
problem-unavailable-text = La colpa è nostra. Riprovi tra poco.

## Che cosa pensa chi legge

section-say = Ci dica che cosa ne pensa
press-intro = Basta un clic. Conta insieme a quello che dicono gli altri e non cambia nessuno dei suoi annunci.
press-clear = I motivi sono chiari
press-unclear = I motivi non sono chiari
press-relevant = Questo annuncio mi è utile
press-not-relevant = Questo annuncio non mi è utile
press-thanks = Grazie
press-kept = La sua risposta è salvata. Conta insieme a quelle degli altri e non cambia nessuno dei suoi annunci.
concern-title = Chiedere o contestare
concern-intro = Qualcosa non va? Avrà una risposta entro 30 giorni, sulla pagina che si apre quando invia.
concern-topic = Di che cosa si tratta?
topic-wrong-reason = Un motivo non è vero
topic-unwanted-data = I miei dati non devono essere usati
topic-unfair = Mi sento trattato in modo ingiusto
topic-content = L’annuncio inganna o offende
topic-unclear = Non capisco i motivi
topic-other = Altro
concern-words = Con parole sue (può restare vuoto)
concern-send = Invia la mia domanda
concern-earlier = Che cosa è già stato chiesto
concern-kept = La sua domanda è salvata
concern-raised = È stata inviata il { $at }.
concern-due = Potrà leggere qui la risposta entro il { $at }.
concern-waits = Non c’è ancora una risposta.
concern-upheld = Aveva ragione lei.
concern-explained = Non è stato trovato nessun errore.
concern-answered = La risposta è del { $at }.
concern-sealed = La risposta la vede solo la persona a cui è rivolta.
concern-said = Che cosa ha scritto
concern-answer = La risposta
concern-remade-same = Abbiamo scelto di nuovo per quello stesso momento: il risultato è lo stesso.
concern-remade-other = Abbiamo scelto di nuovo per quello stesso momento e il risultato non è lo stesso. Chi le risponde lo sa.
concern-remade-gone = Questa scelta non si può più rifare.
problem-too-many-concerns = Qui non si prendono altre domande
problem-too-many-concerns-text = Ci sono già molte domande su questo annuncio. Ognuna avrà una risposta.

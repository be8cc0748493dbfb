# Was Limpid auf Deutsch sagt. Die anderen Sprachen stehen daneben; eine Meldung, die in einer von ihnen
# fehlt, lässt einen Test scheitern. Vor dem Prozentzeichen steht ein schmales geschütztes Leerzeichen (U+202F).

## Die Seite

page-title = Warum diese Anzeige
kicker = Dies ist Werbung: Hier steht, warum Sie sie sehen
fallback-language = Diese Seite gibt es noch nicht in Ihrer Sprache, deshalb steht sie hier auf Deutsch.
languages = Sprachen
language-name = Deutsch

headline-mainly = Sie sehen diese Anzeige vor allem aus diesem Grund: { $clause }.
headline-partly = Sie sehen diese Anzeige zum Teil aus diesem Grund: { $clause }.
headline-mainly-value = Das zählte bei dieser Anzeige am meisten: { $clause }.
headline-partly-value = Das zählte bei dieser Anzeige mit: { $clause }.
headline-only = Nur diese Anzeige konnte hier gezeigt werden.
headline-even = Nichts hob diese Anzeige von den anderen ab, die hier möglich waren.
headline-none = Kein einzelner Grund spricht für diese Anzeige.

compared-others = { $others ->
    [one] Verglichen mit der einen anderen Anzeige, die hier möglich war.
   *[other] Verglichen mit den { $others } anderen Anzeigen, die hier möglich waren.
}
compared-average = Es gab keine andere Anzeige zum Vergleich. Jeder Grund wird daher mit dem Durchschnitt früherer Fälle verglichen.

for-advertiser = Gezeigt für
for-payer = Bezahlt von
for-category = Thema

section-for = Was für diese Anzeige sprach
section-against = Was gegen sie sprach
section-common = Was für jede mögliche Anzeige galt
section-unused = Was nicht verwendet wurde, und warum
section-change = So können Sie das ändern
section-kept = Was gespeichert wird, und wie lange

share = { $percent } %
share-tiny = weniger als 1 %
percent-tiny = weniger als 1
share-most = mehr als 99 %

named-share = { $count ->
    [one] Dieser Grund macht { $share } von allem aus, was für oder gegen diese Anzeige sprach.
   *[other] Diese { $count } Gründe machen { $share } von allem aus, was für oder gegen diese Anzeige sprach.
}
remainder = Der Rest, { $share }, sind schwächere Gründe und feste Teile der Rechnung.
remainder-none = Sonst zählte nichts.
common-intro = Das zählte bei allen Anzeigen gleich. Es ist also kein Grund für gerade diese.
more-common = { $count } weitere
unused-none = Nichts wurde zurückgehalten.
personal-none = Nichts, was über Sie bekannt ist, machte zwischen den Anzeigen einen Unterschied.
change-intro = Welche Zwecke Sie erlauben, bestimmen Sie in den Datenschutz-Einstellungen der Seite, die Ihnen diese Anzeige gezeigt hat. Was Sie nicht mehr erlauben, wird für die nächste Anzeige nicht verwendet.
change-group = { $count ->
    [one] Wird nicht mehr verwendet, wenn Sie diesen Zweck nicht mehr erlauben: { $purposes }.
   *[other] Wird nicht mehr verwendet, wenn Sie einen dieser Zwecke nicht mehr erlauben: { $purposes }.
}
change-none = Keine Wahl von Ihnen würde diese Gründe ändern: Keiner von ihnen betrifft Sie.
kept-group = { $days ->
    [365] Ein Jahr lang gespeichert
    [one] Einen Tag lang gespeichert
   *[other] { $days } Tage lang gespeichert
}:
kept-none = Es wurde nichts über Sie verwendet. Deshalb wird dafür auch nichts über Sie gespeichert.

source = Quelle: { $provenance }, { $derivation }.
source-personal = Mit Ihrer Zustimmung zu diesen Zwecken verwendet: { $purposes }.
source-not-personal = Sagt nichts über Sie.
banded-note = Anzahl und Datum sind hier nur grob angegeben, denn diesen Link kann jeder öffnen, der ihn hat.
sample-note = Vorführung: Namen, Preise und Einstellungen zum Datenschutz sind Beispiele.
record = Entscheidung { $id }, getroffen am { $at }.

## Die Gründe

bid-higher = Für diese Anzeige wurde mehr geboten als im Schnitt für die anderen.
bid-lower = Für diese Anzeige wurde weniger geboten als im Schnitt für die anderen.
last-time = Zuletzt { $when }.
pair-counted = Zusammen zählten: { $one } und { $other }.
datum-pair = { $one }, zusammen mit: { $other }
fact-value = { $label }: { $value }.
fact-missing = { $label }: nicht bekannt.
fact-withheld = { $label }: für diese Anzeige nicht verwendet.
roughly = etwa { $value }
yes = ja
no = nein

history-browse = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} „{ $key }“ angesehen.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } „{ $key }“ angesehen haben.
history-browse-alike = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} etwas dieser Art angesehen.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } etwas dieser Art angesehen haben.
history-browse-any = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} hier Seiten angesehen.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } hier eine Seite angesehen haben.
history-purchase = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} „{ $key }“ gekauft.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } „{ $key }“ gekauft haben.
history-purchase-alike = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} Waren dieser Art gekauft.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } Waren dieser Art gekauft haben.
history-purchase-any = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} hier eingekauft.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } hier eingekauft haben.
history-search = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} nach „{ $key }“ gesucht.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } nach „{ $key }“ gesucht haben.
history-search-alike = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} nach etwas dieser Art gesucht.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } nach etwas dieser Art gesucht haben.
history-search-any = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} hier gesucht.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } hier gesucht haben.
history-impression = Ihnen wurden { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} Anzeigen für „{ $key }“ gezeigt.
    .absent = Bei uns ist nicht vermerkt, dass Ihnen { $window } Anzeigen für „{ $key }“ gezeigt wurden.
history-impression-alike = Ihnen wurden { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} Anzeigen dieser Art gezeigt.
    .absent = Bei uns ist nicht vermerkt, dass Ihnen { $window } Anzeigen dieser Art gezeigt wurden.
history-impression-any = Ihnen wurden { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} hier Anzeigen gezeigt.
    .absent = Bei uns ist nicht vermerkt, dass Ihnen { $window } hier Anzeigen gezeigt wurden.
history-click = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} auf Anzeigen für „{ $key }“ geklickt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } auf Anzeigen für „{ $key }“ geklickt haben.
history-click-alike = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} auf Anzeigen dieser Art geklickt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } auf Anzeigen dieser Art geklickt haben.
history-click-any = Sie haben { $window } { $count ->
    [one] einmal
   *[other] { $count } Mal
} hier auf Anzeigen geklickt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } hier auf Anzeigen geklickt haben.
history-conversion = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} Angebote für „{ $key }“ genutzt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } Angebote für „{ $key }“ genutzt haben.
history-conversion-alike = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} Angebote dieser Art genutzt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } Angebote dieser Art genutzt haben.
history-conversion-any = Sie haben { $window } { $times ->
    [one] einmal
   *[other] { $times } Mal
} hier Angebote genutzt.
    .absent = Bei uns ist nicht vermerkt, dass Sie { $window } hier Angebote genutzt haben.

window-weeks = { $count ->
    [one] in der letzten Woche
   *[other] in den letzten { $count } Wochen
}
window-days = { $count ->
    [365] in den letzten 12 Monaten
    [one] am letzten Tag
   *[other] in den letzten { $count } Tagen
}
band = { $from } bis { $to }
band-open = mehr als { $from }

## Woher die Daten kommen

provenance-first-party = diese Seite
provenance-partner = ein Partner, { $name }
derivation-stated = so angegeben
derivation-observed = so beobachtet
derivation-inferred = aus anderen Daten geschlossen

cause-not-personal = Es sagt nichts über Sie.
cause-accepted = Sie haben alle Zwecke erlaubt, die dafür nötig sind.
cause-purposes-refused = { $count ->
    [one] Sie haben diesen Zweck nicht erlaubt: { $purposes }.
   *[other] Sie haben diese Zwecke nicht erlaubt: { $purposes }.
}
cause-not-objected = Sie wurden informiert, dass Sie dem widersprechen können, und haben nicht widersprochen.
cause-privacy-control = Ihr Browser bittet darum, Ihre Daten nicht zu verkaufen oder zu teilen.
cause-age = Wo es um Kinder gehen kann, wird nichts über Sie verwendet.
cause-opted-out = Sie haben dem widersprochen.
cause-no-choice = Die Seite hat keine gültige Wahl von Ihnen übermittelt, die das erlaubt.
cause-no-subject = Die Seite hat nicht gesagt, wer Sie sind. Deshalb wurde nichts über Sie gesucht.
cause-sensitive-ad = Diese Anzeige ist von heikler Art. Solche Anzeigen werden nie nach dem ausgewählt, was über Sie bekannt ist.
cause-withdrawn = Sie haben Ihre Einwilligung in diese Nutzung widerrufen.
cause-objected = Sie haben dieser Nutzung widersprochen.
cause-stopped = Sie haben uns gebeten, für Werbung nichts über Sie zu nutzen.
cause-forgotten = Sie haben uns gebeten, dies nicht zu nutzen.

## Die Zwecke des Rahmens für Transparenz und Zustimmung (TCF)

purpose-1 = Daten auf Ihrem Gerät speichern oder lesen
purpose-2 = Anzeigen mit wenigen Daten auswählen
purpose-3 = ein Profil von Ihnen für Anzeigen anlegen
purpose-4 = Anzeigen mit einem Profil von Ihnen auswählen
purpose-5 = ein Profil von Ihnen für Inhalte anlegen
purpose-6 = Inhalte mit einem Profil von Ihnen auswählen
purpose-7 = messen, wie gut Anzeigen wirken
purpose-8 = messen, wie gut Inhalte wirken
purpose-9 = das Publikum mit Statistik verstehen
purpose-10 = Dienste entwickeln und verbessern
purpose-11 = Inhalte mit wenigen Daten auswählen
list-separator = {", "}
list-last = {" und "}

## Die Zeit

month-name = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
}
day-number = { $day }.
day = { day-number } { month-name } { $year }
month = { month-name } { $year }
on-day = am { day }
in-month = im { month }
moment = { day } um { $hour }:{ $minute } Uhr UTC

## Wenn es keine Seite zu zeigen gibt

problem-expired = Dieser Link ist abgelaufen
problem-expired-text = Ein Link zu den Gründen für eine Anzeige gilt nur eine Zeit lang. Öffnen Sie die Gründe noch einmal von der Anzeige aus.
problem-invalid = Dieser Link ist nicht gültig
problem-invalid-text = Vielleicht wurde er unterwegs gekürzt oder geändert. Öffnen Sie die Gründe noch einmal von der Anzeige aus.
problem-not-found = Hier ist nichts
problem-not-found-text = Der Eintrag, zu dem dieser Link führt, existiert nicht oder wurde gelöscht.

## Der Hinweis, und wie entschieden wird

notice-change = Sie können die Verwendung dieser Daten beenden: { $data }. Dazu genügt es, einen dieser Zwecke nicht mehr zu erlauben: { $purposes }.

how-step-1 = Die Seite, die Werbung zeigt, fragt, welche von mehreren Anzeigen sie zeigen soll. Sie sagt dazu, welche Zwecke Sie erlaubt haben.
how-step-2 = Was Sie nicht erlaubt haben, wird beiseitegelegt, bevor etwas gelesen wird.
how-step-3 = Was gelesen werden darf, wird nachgesehen: was Sie hier getan haben und wofür jede Anzeige ist.
how-step-4 = Jede Anzeige bekommt für all das Punkte. Die Punkte werden addiert. Sonst zählt nur der Preis, den der Werbende bietet.
how-step-5 = Die Anzeige mit der höchsten Summe wird gezeigt. Die Punkte werden versiegelt aufbewahrt, damit man sie später prüfen kann.
how-step-6 = Sie können die Gründe für jede Anzeige öffnen, die Ihnen gezeigt wurde, und ändern, was Sie erlauben.
how-never-1 = Alter, Geschlecht, Einkommen, Familie und andere Merkmale von Gruppen.
how-never-2 = Käufe, aus denen man Ihre Gesundheit, Ihre Familie, Ihren Glauben oder Ihre Herkunft erraten könnte.
how-never-3 = Ob Sie etwas abgelehnt haben: Das wird Ihnen nie zum Nachteil.
how-never-4 = Alles, was Sie nach der Auswahl der Anzeige getan haben.
how-sensitive = Käufe in diesen Kategorien sagen uns nichts über Sie. Sie heißen hier wie in der IAB Ad Product Taxonomy 2.0, auf Englisch:

how-title = Wie Anzeigen hier ausgewählt werden
how-kicker = Für alle, ganz ohne Vorwissen
how-intro = Manche Anzeigen auf dieser Seite wählt ein Computer aus. Hier steht, was er ansieht, wie er entscheidet und was Sie ändern können. Es ist nach den Rechnungen geschrieben, die heute in Gebrauch sind.
how-link = Wie Anzeigen hier ausgewählt werden, Schritt für Schritt
how-back = Zurück zu den Gründen für Ihre Anzeige
how-section-steps = Sechs Schritte bis zur Anzeige
how-section-looks = Was angesehen wird
how-section-never = Was nie angesehen wird
how-section-guess = Was eine Schätzung ist, und was nicht
how-section-example = Ein Beispiel, frei erfunden
how-section-choices = Was Ihre Wahl bewirkt
how-looks-intro = Die Balken zeigen, wie viel jedes Ding zählt, über viele Menschen und Anzeigen hinweg. Alle Balken ergeben zusammen das Ganze.
how-looks-none = Im Moment werden keine Anzeigen ausgewählt, also wird nichts angesehen.
how-about-person = Über Sie
how-about-ad = Über die Anzeige
how-about-place = Über die Seite und den Moment
how-needs = { $count ->
    [one] Nur angesehen, wenn Sie diesen Zweck erlauben: { $purposes }.
   *[other] Nur angesehen, wenn Sie all diese Zwecke erlauben: { $purposes }.
}
how-impersonal = Es sagt nichts über Sie.
how-kept = { $days ->
    [365] Ein Jahr lang aufbewahrt.
    [one] Einen Tag lang aufbewahrt.
   *[other] { $days } Tage lang aufbewahrt.
}
how-not-kept = Nicht aufbewahrt.
how-guess-1 = Eine Schätzung sagt, wie viele von 1.000 Menschen im gleichen Fall tun, wofür eine Anzeige wirbt.
how-guess-2 = Sie kommt aus dem, was viele Menschen früher getan haben. Sie sagt nichts darüber, was Sie denken oder planen.
how-guess-3 = Sie kann falsch sein. Für einen einzelnen Menschen ist sie es oft.
how-guess-4 = Zwei Dinge können zusammen auftreten, ohne dass eines das andere bewirkt.
how-guess-5 = Aus einem Fall mit nur wenigen Menschen wird nichts gelernt.
how-example-intro = Diesen Menschen gibt es nicht, und keine echten Daten werden gezeigt. Schritt für Schritt wird etwas mehr bekannt, so gesagt, wie dieser Mensch es lesen würde. Alles, was nicht genannt ist, gilt als Durchschnitt.
how-people = { $people ->
    [0] weniger als 1
   *[other] etwa { $people }
}
how-example-start = Am Anfang ist alles Durchschnitt. Von 1.000 solchen Menschen { $response ->
    [click] klicken { $count } auf die Anzeige.
   *[other] tun { $count }, wofür die Anzeige wirbt.
}
how-example-more = Von 1.000 solchen Menschen sind es nun { $count }: mehr als zuvor.
how-example-less = Von 1.000 solchen Menschen sind es nun { $count }: weniger als zuvor.
how-example-same = Von 1.000 solchen Menschen sind es weiter { $count }.
how-example-end = Jede andere Anzeige geht durch die gleiche Rechnung. Dann zählt noch der Preis, den jeder Werbende bietet. Die Anzeige mit der höchsten Summe wird gezeigt.
how-choice-1 = Wenn Sie nichts erlauben, sehen Sie trotzdem Anzeigen. Sie werden dann ohne Wissen über Sie ausgewählt.
how-choice-2 = Was Sie erlauben, kann ab der nächsten Anzeige genutzt werden. Was Sie nicht mehr erlauben, bleibt ab der nächsten Anzeige außen vor.
how-choice-3 = Der Link bei jeder Anzeige öffnet die Gründe für diese Anzeige, und was Sie daran ändern können.
how-choice-4 = Sie treffen diese Wahl in den Einstellungen zur Privatsphäre auf der Seite, die die Anzeige zeigt.

## Der Link neben einer Anzeige

widget-open = Warum diese Anzeige?
widget-close = Schließen
widget-tab = Auf einer eigenen Seite öffnen

## Vergleichen, und fragen, was anders wäre

contrast-more = Zählt für diese Anzeige mehr als für die andere: { $datum }.
contrast-less = Zählt für diese Anzeige weniger als für die andere: { $datum }.
contrast-bid-higher = Für diese Anzeige wird mehr geboten als für die andere.
contrast-bid-lower = Für diese Anzeige wird weniger geboten als für die andere.

probability-order = Jede dieser Änderungen gilt nur in dieser Reihenfolge, die stärkste zuerst. In einer anderen wären sie anders, das Ergebnis nicht.
change-flips = Ohne diese Daten hätten Sie eine andere Anzeige gesehen, von { $advertiser }: { $data }.
change-no-ad = Ohne diese Daten hätten Sie keine Anzeige gesehen: { $data }.
change-same = Ohne diese Daten hätten Sie die gleiche Anzeige gesehen: { $data }.
changes-found = Das hätte die Wahl geändert. Jede Zeile reicht für sich.
changes-no-control = Für diese Wahl dienten keine Daten, über die Sie bestimmen. Daher hätte auch nichts davon die Wahl geändert.
changes-none = Nichts, worüber Sie bestimmen, hätte diese Wahl geändert, auch nicht zwei oder drei davon.
changes-only-many = Erst mehr als drei der Daten, über die Sie bestimmen, hätten diese Wahl geändert.
changes-not-found = Wir haben viele der Daten geprüft, über die Sie bestimmen. Nichts davon hätte diese Wahl geändert.

an-ad = Eine Anzeige von { $advertiser }: { $category }
no-ad = Keine Anzeige

## Auf der Seite wählen

control-intro = Sie können hier wählen. Ihre Wahl wird sofort gespeichert und gilt ab der nächsten Anzeige. Sie können jede Wahl zurücknehmen.
control-bearer = Dieser Link geht bei allen, die ihn haben. Darum lässt sich hier nichts ändern. Öffnen Sie die Gründe direkt bei der Anzeige, oder gehen Sie in die Datenschutz-Einstellungen der Seite, die sie gezeigt hat.
control-nobody = Die Seite hat nicht gesagt, wer Sie sind. Darum kann hier keine Wahl gespeichert werden.
control-about-ads = Welche Anzeigen Sie sehen
control-about-data = Welche Daten verwendet werden
control-about-purposes = Wofür Ihre Daten verwendet werden
control-about-everything = Alles auf einmal
control-about-others = Was Sie sonst gewählt haben
control-advertiser = Anzeigen von { $name }
control-category = Anzeigen zu diesem Thema: { $name }
control-everything = Alles, was über Sie bekannt ist
control-chosen = So haben Sie gewählt.
control-hide = Nicht mehr zeigen
control-show = Wieder zeigen
control-forget = Nicht verwenden
control-use = Wieder verwenden
control-object = Nicht zulassen
control-allow = Wieder zulassen
control-withdraw = Nicht mehr erlauben
control-grant = Wieder erlauben
control-stop = Nichts über mich verwenden
control-resume = Wieder verwenden, was ich erlaube
state-advertiser-yes = Anzeigen von { $name } können Ihnen gezeigt werden.
state-advertiser-no = Anzeigen von { $name } werden Ihnen nicht gezeigt.
state-category-yes = Anzeigen zu diesem Thema können Ihnen gezeigt werden: { $name }.
state-category-no = Anzeigen zu diesem Thema werden Ihnen nicht gezeigt: { $name }.
state-datum-yes = Darf verwendet werden, wenn Sie den Zweck erlaubt haben.
state-datum-no = Wird für Anzeigen nicht verwendet.
state-purpose-silent = Sie haben uns dazu nichts gesagt. Es gilt, was Sie auf der Seite erlaubt haben.
state-purpose-granted = Sie erlauben das.
state-purpose-withdrawn = Sie erlauben das nicht.
state-purpose-objected = Sie lassen das nicht zu, was auch immer erlaubt wurde.
state-everything-yes = Darf verwendet werden, so weit Sie es erlaubt haben.
state-everything-no = Nichts über Sie wird für Anzeigen verwendet.

## Der Beleg einer Wahl

receipt-kicker = Beleg
receipt-title = Ihre Wahl ist gespeichert
receipt-since = Sie gilt seit dem { $at } und ab der nächsten Anzeige.
receipt-overtaken = Sie haben seither anders gewählt. Was dieser Beleg sagt, gilt nicht mehr.
receipt-said = Ihre Wahl
receipt-before = Vorher
receipt-after = Mit Ihrer Wahl
receipt-unchanged = Das galt schon. Darum hat sich nichts geändert.
receipt-undo = Sie können das zurücknehmen.
receipt-redo = Sie können das noch einmal wählen.
receipt-again = Dieselbe Anzeige, noch einmal ausgewählt
receipt-again-intro = Wir haben für denselben Moment noch einmal ausgewählt, unter denselben Anzeigen zu denselben Preisen.
receipt-ad-before = Vor Ihrer Wahl
receipt-ad-after = Mit Ihrer Wahl
receipt-stays = Die Anzeige, um die es geht, würde weiter gezeigt. Ihre Wahl gilt auch für jede andere Anzeige.
receipt-leaves = Die Anzeige, um die es geht, würde nicht mehr gezeigt.
receipt-returns = Die Anzeige, um die es geht, würde wieder gezeigt.
receipt-absent = Die Anzeige, um die es geht, würde nicht gezeigt, weder vorher noch jetzt.
receipt-narrow = Daten, die damals nicht verwendet werden durften, werden auch hier nicht gelesen. Was Sie neu erlauben, zählt ab der nächsten Anzeige.
receipt-record = Beleg { $id }, zur Entscheidung { $decision }.

## Warum keine andere, und was die Wahl geändert hätte

section-contrast = Warum keine andere Anzeige?
contrast-with = Der Vergleich mit einer anderen Anzeige, die hier hätte stehen können. { $name }.
contrast-for-this = Zählte für diese Anzeige mehr
contrast-for-other = Zählte für die andere Anzeige mehr
contrast-smaller = und { $count } kleinere
contrast-bid-equal = Für beide Anzeigen wird gleich viel geboten.
contrast-policy = Feste Teile der Rechnung sind auch verschieden.
contrast-pick = Vergleichen mit
contrast-go = Vergleichen
contrast-none = Keine andere Anzeige hätte hier stehen können.
section-changes = Was hätte die Wahl geändert?
changes-invite = Wir können die Anzeige noch einmal auswählen, ohne einen Teil Ihrer Daten. Dann sagen wir Ihnen, was Sie gesehen hätten.
changes-go = Sehen, was die Wahl geändert hätte
changes-title = Was diese Anzeige geändert hätte
changes-instead = Sie hätten eine Anzeige von { $advertiser } gesehen, wenn eines davon gefehlt hätte:
changes-instead-none = Sie hätten keine Anzeige gesehen, wenn eines davon gefehlt hätte:
changes-ones = Eines nach dem anderen
changes-ones-intro = Was hätten Sie ohne eines davon gesehen?
changes-back = Alles, was diese Anzeige geändert hätte
changes-how = Wer hier liest, ändert nichts. Was verwendet wird, ändern Sie auf der Seite mit den Gründen.
changes-tried = Für diese Seite wurde die Anzeige { $count ->
    [one] einmal
   *[other] { $count }-mal
} neu ausgewählt, jedes Mal mit weniger Daten von Ihnen.

## Wenn der Rahmen zu ist, oder etwas nicht geht

closed-title = Sie können diese Seite schließen
closed-text = Hier geschieht nichts mehr.
problem-no-receipt = Diesen Beleg gibt es nicht
problem-no-receipt-text = Unter diesem Namen ist keine Wahl von Ihnen gespeichert, oder sie wurde gelöscht.
problem-too-often = Zu viele Fragen auf einmal
problem-too-often-text = Bitte warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
} und fragen Sie dann noch einmal.
problem-bearer = Mit diesem Link lässt sich nichts ändern
problem-bearer-text = Er geht bei allen, die ihn haben. Öffnen Sie die Gründe direkt bei der Anzeige, oder gehen Sie in die Datenschutz-Einstellungen der Seite, die sie gezeigt hat.
problem-nobody = Hier kann keine Wahl gespeichert werden
problem-nobody-text = Die Seite hat nicht gesagt, wer Sie sind. Nichts wurde geändert.
problem-elsewhere = Das kam nicht von unserer Seite
problem-elsewhere-text = Eine Wahl zählt nur, wenn sie auf der Seite mit den Gründen selbst getroffen wird. Nichts wurde geändert.
problem-malformed = Das ist nicht zu verstehen
problem-malformed-text = Was gesendet wurde, ist nicht, was unsere Seiten senden. Nichts wurde geändert.
problem-reused = Dieses Formular wurde schon benutzt
problem-reused-text = Es wurde mit einer anderen Wahl gesendet, die gespeichert ist. Nichts wurde geändert. Gehen Sie zurück zu den Gründen und wählen Sie dort.
problem-unavailable = Das geht gerade nicht
problem-unavailable-text = Der Fehler liegt bei uns. Bitte versuchen Sie es bald noch einmal.

## Was Leser denken

section-say = Sagen Sie uns, was Sie denken
press-intro = Ein Klick reicht. Er wird mit dem gezählt, was andere sagen, und ändert keine Ihrer Anzeigen.
press-clear = Die Gründe sind klar
press-unclear = Die Gründe sind nicht klar
press-relevant = Diese Anzeige nützt mir
press-not-relevant = Diese Anzeige nützt mir nicht
press-thanks = Danke
press-kept = Ihre Antwort ist gespeichert. Sie wird mit denen der anderen gezählt und ändert keine Ihrer Anzeigen.
concern-title = Fragen oder widersprechen
concern-intro = Stimmt etwas nicht? Sie bekommen in 30 Tagen eine Antwort, auf der Seite, die sich beim Senden öffnet.
concern-topic = Worum geht es?
topic-wrong-reason = Ein Grund stimmt nicht
topic-unwanted-data = Meine Daten sollen nicht genutzt werden
topic-unfair = Ich fühle mich unfair behandelt
topic-content = Die Anzeige täuscht oder verletzt
topic-unclear = Ich verstehe die Gründe nicht
topic-other = Etwas anderes
concern-words = In Ihren Worten (darf leer bleiben)
concern-send = Meine Frage senden
concern-earlier = Was schon gefragt wurde
concern-kept = Ihre Frage ist gespeichert
concern-raised = Sie wurde am { $at } gesendet.
concern-due = Bis zum { $at } können Sie hier die Antwort lesen.
concern-waits = Es gibt noch keine Antwort.
concern-upheld = Sie hatten recht.
concern-explained = Es wurde kein Fehler gefunden.
concern-answered = Die Antwort kam am { $at }.
concern-sealed = Die Antwort sieht nur, für wen sie ist.
concern-said = Was Sie schrieben
concern-answer = Die Antwort
concern-remade-same = Wir haben für genau diesen Moment noch einmal gewählt: Es kommt das Gleiche heraus.
concern-remade-other = Wir haben für genau diesen Moment noch einmal gewählt, und es kommt nicht das Gleiche heraus. Wer Ihnen antwortet, weiß davon.
concern-remade-gone = Diese Wahl kann nicht noch einmal gemacht werden.
problem-too-many-concerns = Hier werden keine Fragen mehr angenommen
problem-too-many-concerns-text = Zu dieser Anzeige gibt es schon viele Fragen. Jede bekommt eine Antwort.

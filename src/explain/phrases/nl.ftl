# Wat Limpid in het Nederlands zegt. De andere talen staan ernaast; een bericht dat in een ervan ontbreekt,
# laat een test mislukken.

## De pagina

page-title = Waarom deze advertentie
kicker = Dit is reclame: hier staat waarom u die ziet
fallback-language = Deze pagina is er nog niet in uw taal. Daarom staat ze hier in het Nederlands.
languages = Talen
language-name = Nederlands

headline-mainly = U ziet deze advertentie vooral hierom: { $clause }.
headline-partly = U ziet deze advertentie deels hierom: { $clause }.
headline-mainly-value = Dit telde het meest voor deze advertentie: { $clause }.
headline-partly-value = Dit telde mee voor deze advertentie: { $clause }.
headline-only = Alleen deze advertentie kon hier worden getoond.
headline-even = Niets onderscheidde deze advertentie van de andere die hier konden staan.
headline-none = Geen enkele reden op zich pleit voor deze advertentie.

compared-others = { $others ->
    [one] Vergeleken met de ene andere advertentie die hier kon staan.
   *[other] Vergeleken met de { $others } andere advertenties die hier konden staan.
}
compared-average = Er was geen andere advertentie om mee te vergelijken. Elke reden is daarom vergeleken met het gemiddelde van vroeger.

for-advertiser = Getoond voor
for-payer = Betaald door
for-category = Onderwerp

section-for = Wat voor deze advertentie pleitte
section-against = Wat ertegen pleitte
section-common = Wat gold voor elke advertentie die hier kon staan
section-unused = Wat niet is gebruikt, en waarom
section-change = Hoe u dit kunt veranderen
section-kept = Wat wordt bewaard, en hoe lang

share = { $percent }%
share-tiny = minder dan 1%
percent-tiny = minder dan 1
share-most = meer dan 99%

named-share = { $count ->
    [one] Deze reden is { $share } van alles wat voor of tegen deze advertentie pleitte.
   *[other] Deze { $count } redenen zijn { $share } van alles wat voor of tegen deze advertentie pleitte.
}
remainder = De rest, { $share }, zijn zwakkere redenen en vaste delen van de som.
remainder-none = Verder telde niets mee.
common-intro = Dit telde voor elke advertentie even zwaar. Het is dus geen reden voor juist deze.
more-common = nog { $count }
unused-none = Er is niets achtergehouden.
personal-none = Niets van wat over u bekend is, maakte verschil tussen de advertenties.
change-intro = U kiest welke doelen u toestaat bij de privacy-instellingen van de site die u deze advertentie liet zien. Wat u niet meer toestaat, wordt voor de volgende advertentie niet gebruikt.
change-group = { $count ->
    [one] Wordt niet meer gebruikt als u dit doel niet meer toestaat: { $purposes }.
   *[other] Wordt niet meer gebruikt als u een van deze doelen niet meer toestaat: { $purposes }.
}
change-none = Geen keuze van u zou deze redenen veranderen: geen ervan gaat over u.
kept-group = { $days ->
    [365] Eén jaar bewaard
    [one] Eén dag bewaard
   *[other] { $days } dagen bewaard
}:
kept-none = Er is niets over u gebruikt. Er wordt hiervoor dus ook niets over u bewaard.

source = Bron: { $provenance }, { $derivation }.
source-personal = Gebruikt met uw toestemming voor: { $purposes }.
source-not-personal = Zegt niets over u.
banded-note = Aantallen en datums zijn niet precies vermeld, want deze link werkt voor iedereen die hem heeft.
sample-note = Demonstratie: namen, prijzen en privacykeuzes zijn voorbeelden.
record = Beslissing { $id }, genomen op { $at }.

## De redenen

bid-higher = De adverteerder bood meer dan de andere adverteerders gemiddeld.
bid-lower = De adverteerder bood minder dan de andere adverteerders gemiddeld.
last-time = Voor het laatst { $when }.
pair-counted = Samen telden mee: { $one } en { $other }.
datum-pair = { $one }, samen met: { $other }
fact-value = { $label }: { $value }.
fact-missing = { $label }: niet bekend.
fact-withheld = { $label }: niet gebruikt voor deze advertentie.
roughly = ongeveer { $value }
yes = ja
no = nee

history-browse = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} naar ‘{ $key }’ gekeken.
    .absent = Bij ons is niet vastgelegd dat u { $window } naar ‘{ $key }’ keek.
history-browse-alike = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} naar zulke dingen gekeken.
    .absent = Bij ons is niet vastgelegd dat u { $window } naar zulke dingen keek.
history-browse-any = U hebt hier { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} pagina’s bekeken.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } een pagina bekeek.
history-purchase = U hebt { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} ‘{ $key }’ gekocht.
    .absent = Bij ons is niet vastgelegd dat u { $window } ‘{ $key }’ kocht.
history-purchase-alike = U hebt { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} zulke producten gekocht.
    .absent = Bij ons is niet vastgelegd dat u { $window } zulke producten kocht.
history-purchase-any = U hebt hier { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} iets gekocht.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } iets kocht.
history-search = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} naar ‘{ $key }’ gezocht.
    .absent = Bij ons is niet vastgelegd dat u { $window } naar ‘{ $key }’ zocht.
history-search-alike = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} naar zulke dingen gezocht.
    .absent = Bij ons is niet vastgelegd dat u { $window } naar zulke dingen zocht.
history-search-any = U hebt hier { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} iets gezocht.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } iets zocht.
history-impression = U kreeg { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} advertenties voor ‘{ $key }’ te zien.
    .absent = Bij ons is niet vastgelegd dat u { $window } advertenties voor ‘{ $key }’ te zien kreeg.
history-impression-alike = U kreeg { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} zulke advertenties te zien.
    .absent = Bij ons is niet vastgelegd dat u { $window } zulke advertenties te zien kreeg.
history-impression-any = U kreeg hier { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} advertenties te zien.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } advertenties te zien kreeg.
history-click = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} op advertenties voor ‘{ $key }’ geklikt.
    .absent = Bij ons is niet vastgelegd dat u { $window } op advertenties voor ‘{ $key }’ klikte.
history-click-alike = U hebt { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} op zulke advertenties geklikt.
    .absent = Bij ons is niet vastgelegd dat u { $window } op zulke advertenties klikte.
history-click-any = U hebt hier { $window } { $count ->
    [one] één keer
   *[other] { $count } keer
} op advertenties geklikt.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } op een advertentie klikte.
history-conversion = U hebt { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} aanbiedingen voor ‘{ $key }’ gebruikt.
    .absent = Bij ons is niet vastgelegd dat u { $window } aanbiedingen voor ‘{ $key }’ gebruikte.
history-conversion-alike = U hebt { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} zulke aanbiedingen gebruikt.
    .absent = Bij ons is niet vastgelegd dat u { $window } zulke aanbiedingen gebruikte.
history-conversion-any = U hebt hier { $window } { $times ->
    [one] één keer
   *[other] { $times } keer
} aanbiedingen gebruikt.
    .absent = Bij ons is niet vastgelegd dat u hier { $window } een aanbieding gebruikte.

window-weeks = { $count ->
    [one] in de laatste week
   *[other] in de laatste { $count } weken
}
window-days = { $count ->
    [365] in de laatste 12 maanden
    [one] in de laatste dag
   *[other] in de laatste { $count } dagen
}
band = { $from } tot { $to }
band-open = meer dan { $from }

## Waar gegevens vandaan komen

provenance-first-party = deze site
provenance-partner = een partner, { $name }
derivation-stated = zo opgegeven
derivation-observed = zo gezien
derivation-inferred = afgeleid uit andere gegevens

cause-not-personal = Het zegt niets over u.
cause-accepted = U hebt elk doel toegestaan dat ervoor nodig is.
cause-purposes-refused = { $count ->
    [one] U hebt dit doel niet toegestaan: { $purposes }.
   *[other] U hebt deze doelen niet toegestaan: { $purposes }.
}
cause-not-objected = U is verteld dat u bezwaar kunt maken tegen dit gebruik, en dat hebt u niet gedaan.
cause-privacy-control = Uw browser vraagt om uw gegevens niet te verkopen of te delen.
cause-age = Waar het om kinderen kan gaan, wordt niets over u gebruikt.
cause-opted-out = U hebt dit gebruik geweigerd.
cause-no-choice = De site gaf geen geldige keuze van u door die dit gebruik toestaat.
cause-no-subject = De site zei niet wie u bent. Daarom is er niets over u opgezocht.
cause-sensitive-ad = Deze advertentie ligt gevoelig. Zulke advertenties worden nooit gekozen op basis van wat over u bekend is.
cause-withdrawn = U hebt uw toestemming voor dit gebruik ingetrokken.
cause-objected = U hebt bezwaar gemaakt tegen dit gebruik.
cause-stopped = U hebt ons gevraagd niets over u te gebruiken voor advertenties.
cause-forgotten = U hebt ons gevraagd dit niet te gebruiken.

## De doelen van het kader voor transparantie en toestemming (TCF)

purpose-1 = gegevens op uw apparaat bewaren of lezen
purpose-2 = advertenties kiezen met weinig gegevens
purpose-3 = een profiel van u maken voor advertenties
purpose-4 = advertenties kiezen met een profiel van u
purpose-5 = een profiel van u maken voor inhoud
purpose-6 = inhoud kiezen met een profiel van u
purpose-7 = meten hoe goed advertenties werken
purpose-8 = meten hoe goed inhoud werkt
purpose-9 = het publiek leren kennen met cijfers
purpose-10 = diensten maken en verbeteren
purpose-11 = inhoud kiezen met weinig gegevens
list-separator = {", "}
list-last = {" en "}

## De tijd

month-name = { $month ->
    [1] januari
    [2] februari
    [3] maart
    [4] april
    [5] mei
    [6] juni
    [7] juli
    [8] augustus
    [9] september
    [10] oktober
    [11] november
   *[12] december
}
day-number = { $day }
day = { day-number } { month-name } { $year }
month = { month-name } { $year }
on-day = op { day }
in-month = in { month }
moment = { day } om { $hour }:{ $minute } UTC

## Als er geen pagina te tonen is

problem-expired = Deze link is verlopen
problem-expired-text = Een link naar de redenen voor een advertentie werkt maar een beperkte tijd. Open de redenen opnieuw vanuit de advertentie.
problem-invalid = Deze link is niet geldig
problem-invalid-text = Misschien is hij onderweg ingekort of veranderd. Open de redenen opnieuw vanuit de advertentie.
problem-not-found = Hier is niets
problem-not-found-text = Wat achter deze link stond, bestaat niet of is gewist.

## De melding, en hoe er wordt beslist

notice-change = U kunt het gebruik van deze gegevens stoppen: { $data }. Daarvoor hoeft u alleen een van deze doelen niet meer toe te staan: { $purposes }.

how-step-1 = De site die de advertentie toont, vraagt welke van een paar advertenties hij moet laten zien. Hij zegt ook welke doelen u hebt toegestaan.
how-step-2 = Wat u niet hebt toegestaan, gaat opzij voordat er iets wordt gelezen.
how-step-3 = Wat gelezen mag worden, wordt opgezocht: wat u hier deed, en waar elke advertentie voor is.
how-step-4 = Elke advertentie krijgt punten voor al deze dingen. De punten worden opgeteld. Verder telt alleen de prijs die de adverteerder biedt.
how-step-5 = De advertentie met de hoogste som wordt getoond. De punten worden verzegeld bewaard, zodat ze later zijn na te gaan.
how-step-6 = U kunt de redenen openen voor elke advertentie die u kreeg te zien, en veranderen wat u toestaat.
how-never-1 = Leeftijd, geslacht, inkomen, gezin en andere kenmerken van groepen.
how-never-2 = Aankopen waaruit uw gezondheid, uw gezin, uw geloof of uw afkomst valt te raden.
how-never-3 = Of u iets hebt geweigerd: dat werkt nooit in uw nadeel.
how-never-4 = Wat u deed nadat de advertentie was gekozen.
how-sensitive = Aankopen in deze categorieën zeggen ons niets over u. Ze heten hier zoals in de IAB Ad Product Taxonomy 2.0, in het Engels:

how-title = Hoe advertenties hier worden gekozen
how-kicker = Voor iedereen, zonder voorkennis
how-intro = Een computer kiest sommige advertenties op deze site. Hier staat waar hij naar kijkt, hoe hij beslist en wat u kunt veranderen. Het is geschreven naar de sommen die vandaag in gebruik zijn.
how-link = Hoe advertenties hier worden gekozen, stap voor stap
how-back = Terug naar de redenen voor uw advertentie
how-section-steps = Zes stappen naar een advertentie
how-section-looks = Waar naar wordt gekeken
how-section-never = Waar nooit naar wordt gekeken
how-section-guess = Wat een schatting is, en wat niet
how-section-example = Een voorbeeld, verzonnen
how-section-choices = Wat uw keuzes doen
how-looks-intro = De balken tonen hoe zwaar elk ding telt, over veel mensen en advertenties. Alle balken samen zijn het geheel.
how-looks-none = Op dit moment worden er geen advertenties gekozen, dus wordt nergens naar gekeken.
how-about-person = Over u
how-about-ad = Over de advertentie
how-about-place = Over de pagina en het moment
how-needs = { $count ->
    [one] Alleen bekeken als u dit doel toestaat: { $purposes }.
   *[other] Alleen bekeken als u al deze doelen toestaat: { $purposes }.
}
how-impersonal = Het zegt niets over u.
how-kept = { $days ->
    [365] Een jaar bewaard.
    [one] Een dag bewaard.
   *[other] { $days } dagen bewaard.
}
how-not-kept = Niet bewaard.
how-guess-1 = Een schatting zegt hoeveel van 1.000 mensen in hetzelfde geval doen wat een advertentie vraagt.
how-guess-2 = Zij komt uit wat veel mensen eerder deden. Zij zegt niets over wat u denkt of van plan bent.
how-guess-3 = Zij kan fout zijn. Voor één mens is zij dat vaak.
how-guess-4 = Twee dingen kunnen samengaan zonder dat het ene door het andere komt.
how-guess-5 = Uit een geval met maar een paar mensen wordt niets geleerd.
how-example-intro = Deze mens bestaat niet, en er staan geen echte gegevens van iemand. Stap voor stap wordt er iets meer bekend, gezegd zoals deze mens het zou lezen. Wat niet genoemd is, telt als gemiddeld.
how-people = { $people ->
    [0] minder dan 1
   *[other] ongeveer { $people }
}
how-example-start = In het begin is alles gemiddeld. Van 1.000 zulke mensen { $response ->
    [click] klikken er { $count } op de advertentie.
   *[other] doen er { $count } wat de advertentie vraagt.
}
how-example-more = Van 1.000 zulke mensen zijn het er nu { $count }: meer dan eerst.
how-example-less = Van 1.000 zulke mensen zijn het er nu { $count }: minder dan eerst.
how-example-same = Van 1.000 zulke mensen zijn het er nog steeds { $count }.
how-example-end = Elke andere advertentie gaat door dezelfde som. Dan telt nog de prijs die elke adverteerder biedt. De advertentie met de hoogste som wordt getoond.
how-choice-1 = Als u niets toestaat, ziet u toch advertenties. Die worden dan gekozen zonder iets over u.
how-choice-2 = Wat u toestaat, kan vanaf de volgende advertentie worden gebruikt. Wat u niet meer toestaat, blijft vanaf de volgende advertentie weg.
how-choice-3 = De link bij elke advertentie opent de redenen voor die advertentie, en wat u daaraan kunt veranderen.
how-choice-4 = U maakt deze keuzes bij de privacy-instellingen van de site die de advertentie toont.

## De link naast een advertentie

widget-open = Waarom deze advertentie?
widget-close = Sluiten
widget-tab = Openen op een eigen pagina

## Vergelijken, en vragen wat er anders zou zijn

contrast-more = Telt voor deze advertentie meer dan voor de andere: { $datum }.
contrast-less = Telt voor deze advertentie minder dan voor de andere: { $datum }.
contrast-bid-higher = Voor deze advertentie wordt meer geboden dan voor de andere.
contrast-bid-lower = Voor deze advertentie wordt minder geboden dan voor de andere.

probability-order = Elk van deze veranderingen klopt alleen in deze volgorde, de sterkste eerst. In een andere volgorde zouden ze anders zijn; de uitkomst niet.
change-flips = Zonder deze gegevens had u een andere advertentie gezien, van { $advertiser }: { $data }.
change-no-ad = Zonder deze gegevens had u geen advertentie gezien: { $data }.
change-same = Zonder deze gegevens had u dezelfde advertentie gezien: { $data }.
changes-found = Dit had de keuze veranderd. Elke regel is op zichzelf genoeg.
changes-no-control = Voor deze keuze zijn geen gegevens gebruikt waarover u beslist. Niets daarvan had de keuze dus veranderd.
changes-none = Niets waarover u beslist had deze keuze veranderd, en ook twee of drie samen niet.
changes-only-many = Pas meer dan drie van de gegevens waarover u beslist hadden deze keuze samen veranderd.
changes-not-found = Wij hebben veel gegevens geprobeerd waarover u beslist. Niets daarvan had deze keuze veranderd.

an-ad = Een advertentie van { $advertiser }: { $category }
no-ad = Geen advertentie

## Kiezen op de pagina

control-intro = U kunt hier kiezen. Wat u kiest, wordt meteen bewaard en geldt vanaf de volgende advertentie. U kunt elke keuze terugdraaien.
control-bearer = Deze link werkt voor iedereen die hem heeft. Daarom kunt u hier niets veranderen. Open de redenen bij de advertentie zelf, of ga naar de privacy-instellingen van de site die haar liet zien.
control-nobody = De site heeft niet gezegd wie u bent. Daarom kan hier geen keuze worden bewaard.
control-about-ads = Welke advertenties u ziet
control-about-data = Welke gegevens worden gebruikt
control-about-purposes = Waarvoor uw gegevens worden gebruikt
control-about-everything = Alles tegelijk
control-about-others = Uw andere keuzes
control-advertiser = Advertenties van { $name }
control-category = Advertenties over { $name }
control-everything = Alles wat over u bekend is
control-chosen = Dit hebt u gekozen.
control-hide = Niet meer tonen
control-show = Weer tonen
control-forget = Niet gebruiken
control-use = Weer gebruiken
control-object = Niet toelaten
control-allow = Weer toelaten
control-withdraw = Niet meer toestaan
control-grant = Weer toestaan
control-stop = Niets over mij gebruiken
control-resume = Weer gebruiken wat ik toesta
state-advertiser-yes = U kunt advertenties van { $name } te zien krijgen.
state-advertiser-no = U krijgt geen advertenties van { $name } te zien.
state-category-yes = U kunt advertenties over { $name } te zien krijgen.
state-category-no = U krijgt geen advertenties over { $name } te zien.
state-datum-yes = Mag worden gebruikt, als u het doel ervan toestaat.
state-datum-no = Wordt niet gebruikt voor advertenties.
state-purpose-silent = U hebt ons hier niets over gezegd. Wat u op de site toestond, geldt.
state-purpose-granted = U staat dit toe.
state-purpose-withdrawn = U staat dit niet toe.
state-purpose-objected = U laat dit niet toe, wat er ook is toegestaan.
state-everything-yes = Mag worden gebruikt, zo ver u het toestaat.
state-everything-no = Niets over u wordt gebruikt voor advertenties.

## Het bewijs van een keuze

receipt-kicker = Bewijs
receipt-title = Uw keuze is bewaard
receipt-since = Geldt sinds { $at }, en vanaf de volgende advertentie.
receipt-overtaken = U hebt sindsdien anders gekozen. Wat dit bewijs zegt, geldt niet meer.
receipt-said = Uw keuze
receipt-before = Eerst
receipt-after = Met uw keuze
receipt-unchanged = Dit gold al, dus er is niets veranderd.
receipt-undo = U kunt dit terugdraaien.
receipt-redo = U kunt dit opnieuw kiezen.
receipt-again = Dezelfde advertentie, opnieuw gekozen
receipt-again-intro = We kozen opnieuw voor hetzelfde moment, uit dezelfde advertenties en met dezelfde prijzen.
receipt-ad-before = Voor uw keuze
receipt-ad-after = Met uw keuze
receipt-stays = De advertentie waar het om gaat, zou nog steeds te zien zijn. Uw keuze geldt ook voor alle andere.
receipt-leaves = De advertentie waar het om gaat, zou niet meer te zien zijn.
receipt-returns = De advertentie waar het om gaat, zou weer te zien zijn.
receipt-absent = De advertentie waar het om gaat, zou niet te zien zijn, eerst niet en nu niet.
receipt-narrow = Gegevens die toen niet mochten worden gebruikt, worden ook hier niet gelezen. Wat u meer toestaat, telt vanaf de volgende advertentie.
receipt-record = Bewijs { $id }, bij beslissing { $decision }.

## Waarom geen andere, en wat de keuze had veranderd

section-contrast = Waarom geen andere advertentie?
contrast-with = Vergeleken met een andere advertentie die hier had kunnen staan. { $name }.
contrast-for-this = Telde meer voor deze advertentie
contrast-for-other = Telde meer voor de andere advertentie
contrast-smaller = en { $count } kleinere
contrast-bid-equal = Voor beide advertenties wordt evenveel geboden.
contrast-policy = Vaste delen van de som zijn ook verschillend.
contrast-pick = Vergelijken met
contrast-go = Vergelijken
contrast-none = Er had hier geen andere advertentie kunnen staan.
section-changes = Wat had dit veranderd?
changes-invite = We kunnen de advertentie opnieuw kiezen zonder een deel van uw gegevens. Dan zeggen we u wat u had gezien.
changes-go = Zien wat dit had veranderd
changes-title = Wat deze advertentie had veranderd
changes-instead = U had een advertentie van { $advertiser } gezien zonder een van deze:
changes-instead-none = U had geen advertentie gezien zonder een van deze:
changes-ones = Een ding tegelijk
changes-ones-intro = Wat had u gezien zonder een van deze gegevens?
changes-back = Alles wat deze advertentie had veranderd
changes-how = Hier kijken verandert niets. Ga terug naar de redenen om te veranderen wat er wordt gebruikt.
changes-tried = Voor deze pagina is de advertentie { $count ->
    [one] nog een keer
   *[other] nog { $count } keer
} gekozen, telkens met minder gegevens van u.

## Als het kader dicht is, of iets niet gaat

closed-title = U kunt deze pagina sluiten
closed-text = Hier gebeurt verder niets.
problem-no-receipt = Dit bewijs is er niet
problem-no-receipt-text = Onder deze naam is geen keuze van u bewaard, of ze is gewist.
problem-too-often = Te veel vragen tegelijk
problem-too-often-text = Wacht { $seconds ->
    [one] een seconde
   *[other] { $seconds } seconden
} en vraag het dan opnieuw.
problem-bearer = Met deze link kunt u niets veranderen
problem-bearer-text = Hij werkt voor iedereen die hem heeft. Open de redenen bij de advertentie zelf, of ga naar de privacy-instellingen van de site die haar liet zien.
problem-nobody = Hier kan geen keuze worden bewaard
problem-nobody-text = De site heeft niet gezegd wie u bent. Er is niets veranderd.
problem-elsewhere = Dit kwam niet van onze pagina
problem-elsewhere-text = Een keuze telt alleen als u die op de pagina met de redenen zelf maakt. Er is niets veranderd.
problem-malformed = Dit is niet te begrijpen
problem-malformed-text = Wat er is gestuurd, is niet wat onze pagina’s sturen. Er is niets veranderd.
problem-reused = Dit formulier is al gebruikt
problem-reused-text = Het is gestuurd met een andere keuze, die is bewaard. Er is niets veranderd. Ga terug naar de redenen en kies daar.
problem-unavailable = Dit werkt nu even niet
problem-unavailable-text = De fout ligt bij ons. Probeer het straks opnieuw.

## Wat de lezer vindt

section-say = Zeg ons wat u ervan denkt
press-intro = Eén klik is genoeg. Die telt mee met wat anderen zeggen en verandert geen van uw advertenties.
press-clear = De redenen zijn duidelijk
press-unclear = De redenen zijn niet duidelijk
press-relevant = Ik heb iets aan deze advertentie
press-not-relevant = Ik heb niets aan deze advertentie
press-thanks = Dank u
press-kept = Uw antwoord is bewaard. Het telt mee met dat van anderen en verandert geen van uw advertenties.
concern-title = Iets vragen of bezwaar maken
concern-intro = Klopt er iets niet? U krijgt binnen 30 dagen antwoord, op de pagina die opent als u dit stuurt.
concern-topic = Waar gaat het over?
topic-wrong-reason = Een reden klopt niet
topic-unwanted-data = Mijn gegevens mogen niet gebruikt worden
topic-unfair = Ik voel me oneerlijk behandeld
topic-content = De advertentie misleidt of kwetst
topic-unclear = Ik begrijp de redenen niet
topic-other = Iets anders
concern-words = In uw eigen woorden (mag leeg blijven)
concern-send = Stuur mijn vraag
concern-earlier = Wat al gevraagd is
concern-kept = Uw vraag is bewaard
concern-raised = Die is gestuurd op { $at }.
concern-due = U kunt het antwoord hier lezen voor { $at }.
concern-waits = Er is nog geen antwoord.
concern-upheld = U had gelijk.
concern-explained = Er is geen fout gevonden.
concern-answered = Het antwoord kwam op { $at }.
concern-sealed = Het antwoord is alleen te zien voor wie het bedoeld is.
concern-said = Wat u schreef
concern-answer = Het antwoord
concern-remade-same = We hebben voor datzelfde moment nog eens gekozen: er komt hetzelfde uit.
concern-remade-other = We hebben voor datzelfde moment nog eens gekozen, en er komt niet hetzelfde uit. Wie u antwoordt, weet dat.
concern-remade-gone = Deze keuze kan niet meer opnieuw gemaakt worden.
problem-too-many-concerns = Hier worden geen vragen meer aangenomen
problem-too-many-concerns-text = Er zijn al veel vragen over deze advertentie. Elke vraag krijgt antwoord.

# Ce que Limpid dit en français. Un message absent ici ou en anglais fait échouer un test.
# Espaces insécables : fine (U+202F) avant ; ! ? %, simple (U+00A0) avant : et dans les guillemets.

## La page

page-title = Pourquoi cette publicité
kicker = Une publicité, et pourquoi vous la voyez
fallback-language = Cette page n’existe pas encore dans votre langue, la voici en français.
languages = Langues
language-name = Français

headline-mainly = Vous voyez cette publicité surtout pour cette raison : { $clause }.
headline-partly = Vous voyez cette publicité notamment pour cette raison : { $clause }.
headline-mainly-value = Voici ce qui a le plus compté pour cette publicité : { $clause }.
headline-partly-value = Voici ce qui a notamment compté pour cette publicité : { $clause }.
headline-only = C’était la seule publicité qui pouvait s’afficher ici.
headline-even = Rien ne distinguait cette publicité des autres qui auraient pu s’afficher ici.
headline-none = Aucune raison ne parle à elle seule pour cette publicité.

compared-others = { $others ->
    [one] Par comparaison avec l’autre publicité qui aurait pu s’afficher ici.
   *[other] Par comparaison avec les { $others } autres publicités qui auraient pu s’afficher ici.
}
compared-average = Aucune autre publicité ne permettait de comparer : chaque raison est donc comparée à la moyenne des cas passés.

for-advertiser = Affichée pour
for-payer = Payée par
for-category = À propos de

section-for = Ce qui a joué pour cette publicité
section-against = Ce qui a joué contre elle
section-common = Vrai de toute publicité que vous auriez pu voir
section-unused = Ce qui n’a pas servi, et pourquoi
section-change = Comment changer cela
section-kept = Ce qui est conservé, et combien de temps

share = { $percent } %
share-tiny = moins de 1 %
percent-tiny = moins de 1
share-most = plus de 99 %

named-share = { $count ->
    [one] Cette raison représente { $share } de tout ce qui a joué pour ou contre cette publicité.
   *[other] Ces { $count } raisons représentent { $share } de tout ce qui a joué pour ou contre cette publicité.
}
remainder = Le reste, { $share }, tient à des raisons plus faibles et à des éléments fixes du calcul.
remainder-none = Rien d’autre n’a joué.
common-intro = Ces éléments ont compté de la même façon pour toutes les publicités : ils n’expliquent donc pas le choix de celle-ci.
more-common = { $count } de plus
unused-none = Rien n’a été écarté.
personal-none = Rien de ce que l’on sait de vous n’a fait de différence entre les publicités.
change-intro = Vous choisissez les finalités que vous acceptez dans les réglages de confidentialité du site qui vous a montré cette publicité. Ce que vous n’acceptez plus ne sert pas pour la publicité suivante.
change-group = { $count ->
    [one] Cela ne servira plus si vous cessez d’accepter cette finalité : { $purposes }.
   *[other] Cela ne servira plus si vous cessez d’accepter l’une de ces finalités : { $purposes }.
}
change-none = Aucun choix de votre part ne changerait ces raisons : aucune ne porte sur vous.
kept-group = Conservé pendant { $days ->
    [365] un an
    [one] un jour
   *[other] { $days } jours
} :
kept-none = Rien sur vous n’a servi, donc rien n’est conservé sur vous à cette fin.

source = Source : { $provenance }, { $derivation }.
source-personal = Utilisation avec votre accord : { $purposes }.
source-not-personal = Cela ne dit rien de vous.
banded-note = Les nombres et les dates sont donnés par tranches, car ce lien fonctionne pour quiconque le possède.
sample-note = Démonstration : les noms, les prix et les choix de confidentialité sont des exemples.
record = Décision { $id }, prise le { $at }.

## Les raisons

bid-higher = Son annonceur a offert plus que les autres annonceurs en moyenne.
bid-lower = Son annonceur a offert moins que les autres annonceurs en moyenne.
last-time = La dernière fois, c’était { $when }.
pair-counted = { $one } et { $other } ont compté ensemble.
datum-pair = { $one }, en lien avec { $other }
fact-value = { $label } : { $value }.
fact-missing = { $label } : valeur inconnue.
fact-withheld = { $label } : cette donnée n’a pas servi pour cette publicité.
roughly = environ { $value }
yes = oui
no = non

history-browse = Vous avez consulté « { $key } » { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune consultation de « { $key } » { $window }.
history-browse-alike = Vous avez consulté des pages de ce genre { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune consultation de ce genre { $window }.
history-browse-any = Vous avez consulté des pages ici { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune consultation ici { $window }.
history-purchase = Vous avez acheté « { $key } » { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun achat de « { $key } » { $window }.
history-purchase-alike = Vous avez acheté des produits de ce genre { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun achat de ce genre { $window }.
history-purchase-any = Vous avez fait des achats ici { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun achat ici { $window }.
history-search = Vous avez recherché « { $key } » { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune recherche de « { $key } » { $window }.
history-search-alike = Vous avez fait des recherches de ce genre { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune recherche de ce genre { $window }.
history-search-any = Vous avez fait des recherches ici { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucune recherche ici { $window }.
history-impression = Vous avez vu des publicités pour « { $key } » { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun affichage de publicités pour « { $key } » { $window }.
history-impression-alike = Vous avez vu des publicités de ce genre { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun affichage de publicités de ce genre { $window }.
history-impression-any = Vous avez vu des publicités ici { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun affichage de publicités ici { $window }.
history-click = Vous avez cliqué sur des publicités pour « { $key } » { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun clic sur des publicités pour « { $key } » { $window }.
history-click-alike = Vous avez cliqué sur des publicités de ce genre { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun clic sur des publicités de ce genre { $window }.
history-click-any = Vous avez cliqué sur des publicités ici { $count ->
    [1] une
   *[other] { $count }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun clic sur des publicités ici { $window }.
history-conversion = Vous avez profité d’offres pour « { $key } » { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun usage d’offres pour « { $key } » { $window }.
history-conversion-alike = Vous avez profité d’offres de ce genre { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun usage d’offres de ce genre { $window }.
history-conversion-any = Vous avez profité d’offres ici { $times ->
    [1] une
   *[other] { $times }
} fois { $window }.
    .absent = Nous n’avons trace d’aucun usage d’offres ici { $window }.

window-weeks = { $count ->
    [one] au cours de la dernière semaine
   *[other] au cours des { $count } dernières semaines
}
window-days = { $count ->
    [365] au cours des 12 derniers mois
    [one] au cours du dernier jour
   *[other] au cours des { $count } derniers jours
}
band = { $from } à { $to }
band-open = plus de { $from }

## D’où viennent les données

provenance-first-party = ce site
provenance-partner = un partenaire, { $name }
derivation-stated = donnée déclarée
derivation-observed = donnée observée
derivation-inferred = donnée déduite d’autres données

cause-not-personal = Cela ne dit rien de vous.
cause-accepted = Vous avez accepté toutes les finalités nécessaires.
cause-purposes-refused = { $count ->
    [one] Vous n’avez pas accepté cette finalité : { $purposes }.
   *[other] Vous n’avez pas accepté ces finalités : { $purposes }.
}
cause-not-objected = On vous a dit que vous pouvez vous opposer à cet usage, et vous ne l’avez pas fait.
cause-privacy-control = Votre navigateur demande de ne pas vendre ni partager vos données.
cause-age = Rien sur vous n’est utilisé lorsque des enfants peuvent être concernés.
cause-opted-out = Vous avez refusé cet usage.
cause-no-choice = Le site n’a transmis aucun choix valable de votre part qui permette cet usage.
cause-no-subject = Le site n’a pas dit qui vous êtes : rien n’a donc été recherché sur vous.
cause-sensitive-ad = Cette publicité est d’un genre sensible. De telles publicités ne sont jamais choisies d’après ce que l’on sait de vous.
cause-withdrawn = Vous avez retiré votre accord pour cet usage.
cause-objected = Vous vous êtes opposé à cet usage.
cause-stopped = Vous avez demandé de ne rien utiliser sur vous pour les publicités.
cause-forgotten = Vous avez demandé de ne pas utiliser cette donnée.

## Les finalités du cadre de transparence et de consentement (TCF)

purpose-1 = stocker ou lire des informations sur votre appareil
purpose-2 = choisir des publicités avec des données limitées
purpose-3 = créer un profil de vous pour la publicité
purpose-4 = choisir des publicités avec un profil de vous
purpose-5 = créer un profil de vous pour les contenus
purpose-6 = choisir des contenus avec un profil de vous
purpose-7 = mesurer l’efficacité des publicités
purpose-8 = mesurer l’efficacité des contenus
purpose-9 = comprendre les publics avec des statistiques
purpose-10 = développer et améliorer les services
purpose-11 = choisir des contenus avec des données limitées
list-separator = {", "}
list-last = {" et "}

## Le temps

month-name = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
day-number = { $day ->
    [1] 1er
   *[other] { $day }
}
day = { day-number } { month-name } { $year }
month = { month-name } { $year }
on-day = le { day }
in-month = en { month }
moment = { day } à { $hour } h { $minute } UTC

## Quand il n’y a pas de page à montrer

problem-expired = Ce lien a expiré
problem-expired-text = Un lien vers les raisons d’une publicité ne fonctionne qu’un temps. Ouvrez de nouveau les raisons depuis la publicité elle-même.
problem-invalid = Ce lien n’est pas valable
problem-invalid-text = Il a peut-être été coupé ou modifié en chemin. Ouvrez de nouveau les raisons depuis la publicité elle-même.
problem-not-found = Il n’y a rien ici
problem-not-found-text = L’enregistrement auquel ce lien mène n’existe pas, ou il a été effacé.

## La notice, et comment une décision est prise

notice-change = Vous pouvez faire cesser l’utilisation de ces données : { $data }. Il suffit de ne plus accepter l’une de ces finalités : { $purposes }.

how-step-1 = Le site qui affiche la publicité demande laquelle montrer parmi plusieurs, et indique les finalités que vous avez acceptées.
how-step-2 = Ce que vous n’avez pas accepté est écarté avant toute lecture.
how-step-3 = Ce qui peut être lu est recherché : ce que vous avez fait ici, et l’objet de chaque publicité.
how-step-4 = Chaque publicité reçoit des points pour chacun de ces éléments. Les points sont additionnés, et rien d’autre ne compte que le prix offert par l’annonceur.
how-step-5 = La publicité dont la somme est la plus élevée est affichée. Les points sont conservés, scellés, afin de pouvoir être vérifiés plus tard.
how-step-6 = Vous pouvez consulter les raisons de toute publicité qui vous a été montrée, et changer ce que vous acceptez.
how-never-1 = L’âge, le sexe, le revenu, la famille et les autres traits de groupes.
how-never-2 = Les achats qui laisseraient deviner votre santé, votre situation familiale, vos croyances ou votre origine.
how-never-3 = Vos refus : un refus n’est jamais retenu contre vous.
how-never-4 = Ce que vous avez fait après le choix de la publicité.
how-sensitive = Les achats dans ces catégories ne nous disent rien de vous. Elles portent les noms de l’IAB Ad Product Taxonomy 2.0, en anglais :

how-title = Comment les publicités sont choisies ici
how-kicker = Pour tous, sans rien savoir d’avance
how-intro = Certaines publicités de ce site sont choisies par un ordinateur. Cette page dit ce qu’il regarde, comment il décide et ce que vous pouvez changer. Elle est écrite d’après les calculs utilisés aujourd’hui.
how-link = Comment les publicités sont choisies ici, étape par étape
how-back = Retour aux raisons de votre publicité
how-section-steps = Six étapes jusqu’à une publicité
how-section-looks = Ce qui est regardé
how-section-never = Ce qui n’est jamais regardé
how-section-guess = Ce qu’est une estimation, et ce qu’elle n’est pas
how-section-example = Un exemple inventé
how-section-choices = Ce que font vos choix
how-looks-intro = Les barres montrent combien chaque chose compte, sur beaucoup de personnes et de publicités. Toutes les barres forment un tout.
how-looks-none = Aucune publicité n’est choisie en ce moment, donc rien n’est regardé.
how-about-person = Sur vous
how-about-ad = Sur la publicité
how-about-place = Sur la page et le moment
how-needs = { $count ->
    [one] Regardé seulement si vous acceptez cette finalité : { $purposes }.
   *[other] Regardé seulement si vous acceptez toutes ces finalités : { $purposes }.
}
how-impersonal = Cela ne dit rien de vous.
how-kept = { $days ->
    [365] Conservé pendant un an.
    [one] Conservé pendant un jour.
   *[other] Conservé pendant { $days } jours.
}
how-not-kept = Non conservé.
how-guess-1 = Une estimation dit combien de personnes sur 1 000, dans le même cas, font ce que propose une publicité.
how-guess-2 = Elle est tirée de ce que beaucoup de gens ont fait avant. Elle ne dit rien de ce que vous pensez ou prévoyez.
how-guess-3 = Elle peut être fausse. Pour une seule personne, elle l’est souvent.
how-guess-4 = Deux choses peuvent aller de pair sans que l’une soit la cause de l’autre.
how-guess-5 = Rien n’est tiré d’un cas qui ne touche que peu de gens.
how-example-intro = Cette personne n’existe pas, et les vraies données de personne ne sont montrées. Étape par étape, une chose de plus est connue, dite comme cette personne la lirait. Tout ce qui n’est pas nommé est pris comme moyen.
how-people = { $people ->
    [0] moins de 1
   *[other] environ { $people }
}
how-example-start = Au début, tout est moyen. Sur 1 000 personnes dans ce cas, { $count } { $response ->
    [click] cliquent sur la publicité.
   *[other] font ce que propose la publicité.
}
how-example-more = Sur 1 000 personnes dans ce cas, c’est maintenant { $count } : plus qu’avant.
how-example-less = Sur 1 000 personnes dans ce cas, c’est maintenant { $count } : moins qu’avant.
how-example-same = Sur 1 000 personnes dans ce cas, c’est toujours { $count }.
how-example-end = Chaque autre publicité passe par le même calcul. Puis le prix offert par chaque annonceur est compté, et la publicité dont la somme est la plus élevée est montrée.
how-choice-1 = Si vous n’acceptez rien, vous voyez quand même des publicités. Elles sont alors choisies sans rien savoir de vous.
how-choice-2 = Ce que vous acceptez peut servir dès la publicité suivante. Ce que vous n’acceptez plus est laissé de côté dès la publicité suivante.
how-choice-3 = Le lien près de chaque publicité ouvre les raisons de cette publicité, et ce que vous pouvez y changer.
how-choice-4 = Vous faites ces choix dans les réglages de confidentialité du site qui montre la publicité.

## Le lien près d’une publicité

widget-open = Pourquoi cette publicité ?
widget-close = Fermer
widget-tab = Ouvrir dans une page à part

## Comparer, et demander ce qui changerait

contrast-more = Compte plus pour cette publicité que pour l’autre : { $datum }.
contrast-less = Compte moins pour cette publicité que pour l’autre : { $datum }.
contrast-bid-higher = L’annonceur de cette publicité propose plus que celui de l’autre.
contrast-bid-lower = L’annonceur de cette publicité propose moins que celui de l’autre.

probability-order = Chacun de ces changements n’est vrai que dans cet ordre, le plus fort d’abord. Dans un autre ordre, ils seraient différents ; le résultat, non.
change-flips = Si nous n’avions pas utilisé ceci, vous auriez vu une autre publicité, de { $advertiser } : { $data }.
change-no-ad = Si nous n’avions pas utilisé ceci, vous n’auriez vu aucune publicité : { $data }.
change-same = Vous auriez vu la même publicité si nous n’avions pas utilisé ceci : { $data }.
changes-found = Voici ce qui aurait changé ce choix. Chaque ligne suffit à elle seule.
changes-no-control = Aucune donnée que vous maîtrisez n’a servi à ce choix. Rien de ce que vous maîtrisez ne l’aurait donc changé.
changes-none = Aucune des données que vous maîtrisez n’aurait changé ce choix, ni deux ou trois ensemble.
changes-only-many = Il aurait fallu plus de trois des données que vous maîtrisez pour changer ce choix.
changes-not-found = Nous avons essayé beaucoup des données que vous maîtrisez, et rien n’aurait changé ce choix.

an-ad = Une publicité de { $advertiser } : { $category }
no-ad = Aucune publicité

## Choisir sur la page

control-intro = Vous pouvez choisir ici. Votre choix est enregistré aussitôt et vaut dès la publicité suivante. Vous pouvez revenir sur chaque choix.
control-bearer = Ce lien marche pour toute personne qui l’a, donc rien ne peut être changé ici. Pour choisir, ouvrez les raisons depuis la publicité elle-même, ou allez dans les réglages de confidentialité du site qui l’a montrée.
control-nobody = Le site n’a pas dit qui vous êtes. Il n’y a donc personne dont le choix puisse être gardé ici.
control-about-ads = Les publicités que vous voyez
control-about-data = Les données utilisées
control-about-purposes = Ce à quoi servent vos données
control-about-everything = Tout à la fois
control-about-others = Vos autres choix
control-advertiser = Publicités de { $name }
control-category = Publicités sur ce sujet : { $name }
control-everything = Tout ce que l’on sait de vous
control-chosen = C’est votre choix.
control-hide = Masquer ces publicités
control-show = Montrer de nouveau ces publicités
control-forget = Ne pas utiliser ceci
control-use = Utiliser de nouveau ceci
control-object = Ne pas autoriser
control-allow = Autoriser de nouveau
control-withdraw = Ne plus accepter
control-grant = Accepter de nouveau
control-stop = Ne rien utiliser sur moi
control-resume = Utiliser de nouveau ce que j’accepte
state-advertiser-yes = Des publicités de { $name } peuvent vous être montrées.
state-advertiser-no = Aucune publicité de { $name } ne vous est montrée.
state-category-yes = Des publicités sur ce sujet peuvent vous être montrées : { $name }.
state-category-no = Aucune publicité sur ce sujet ne vous est montrée : { $name }.
state-datum-yes = Peut être utilisé, si vous avez accepté ce à quoi cela sert.
state-datum-no = N’est pas utilisé pour les publicités.
state-purpose-silent = Vous ne nous en avez rien dit. Ce que vous avez accepté sur le site vaut.
state-purpose-granted = Vous l’acceptez.
state-purpose-withdrawn = Vous ne l’acceptez pas.
state-purpose-objected = Vous ne l’autorisez pas, quoi qui ait été accepté.
state-everything-yes = Peut être utilisé, dans la mesure où vous l’avez accepté.
state-everything-no = Rien de ce que l’on sait de vous n’est utilisé pour les publicités.

## Le reçu d’un choix

receipt-kicker = Reçu
receipt-title = Votre choix est enregistré
receipt-since = En vigueur depuis le { $at }. Il vaut dès la publicité suivante.
receipt-overtaken = Vous avez choisi autrement depuis. Ce que dit ce reçu ne vaut plus.
receipt-said = Vous avez dit
receipt-before = Avant
receipt-after = Avec votre choix
receipt-unchanged = C’était déjà le cas, donc rien n’a changé.
receipt-undo = Vous pouvez revenir sur ce choix.
receipt-redo = Vous pouvez refaire ce choix.
receipt-again = Le même choix de publicité, refait
receipt-again-intro = Nous avons choisi de nouveau pour ce même moment, parmi les mêmes publicités, aux mêmes prix.
receipt-ad-before = Avant votre choix
receipt-ad-after = Avec votre choix
receipt-stays = La publicité dont il s’agit serait toujours montrée. Votre choix vaut aussi pour toutes les autres.
receipt-leaves = La publicité dont il s’agit ne serait plus montrée.
receipt-returns = La publicité dont il s’agit serait de nouveau montrée.
receipt-absent = La publicité dont il s’agit ne serait pas montrée, ni avant ni maintenant.
receipt-narrow = Les données qui ne pouvaient pas servir à ce moment-là ne sont pas lues ici non plus. Si vous permettez plus, cela compte dès la publicité suivante.
receipt-record = Reçu { $id }, pour la décision { $decision }.

## Pourquoi pas une autre, et ce qui aurait changé ce choix

section-contrast = Pourquoi pas une autre publicité ?
contrast-with = Comparée à une autre publicité qui aurait pu être montrée ici. { $name }.
contrast-for-this = A compté plus pour cette publicité
contrast-for-other = A compté plus pour l’autre publicité
contrast-smaller = et { $count } plus petites
contrast-bid-equal = Les deux annonceurs proposent autant.
contrast-policy = Des parts fixes du calcul diffèrent aussi.
contrast-pick = Comparer avec
contrast-go = Comparer
contrast-none = Aucune autre publicité n’aurait pu être montrée ici.
section-changes = Qu’est-ce qui aurait changé ce choix ?
changes-invite = Nous pouvons choisir de nouveau sans une partie de vos données, et vous dire ce que vous auriez vu.
changes-go = Voir ce qui l’aurait changé
changes-title = Ce qui aurait changé cette publicité
changes-instead = Vous auriez vu une publicité de { $advertiser } sans l’une ou l’autre de ces données :
changes-instead-none = Vous n’auriez vu aucune publicité sans l’une ou l’autre de ces données :
changes-ones = Une chose à la fois
changes-ones-intro = Qu’auriez-vous vu sans l’une de ces données ?
changes-back = Tout ce qui aurait changé cette publicité
changes-how = Regarder ici ne change rien. Pour changer ce qui est utilisé, revenez aux raisons.
changes-tried = Pour cette page, la publicité a été choisie { $count ->
    [one] une fois de plus
   *[other] { $count } fois de plus
}, avec moins de vos données à chaque fois.

## Quand le cadre est fermé, ou que quelque chose ne peut pas se faire

closed-title = Vous pouvez fermer cette page
closed-text = Rien d’autre ne se passe ici.
problem-no-receipt = Ce reçu n’existe pas
problem-no-receipt-text = Aucun choix de votre part n’est gardé sous ce nom, ou il a été effacé.
problem-too-often = Trop de questions à la fois
problem-too-often-text = Attendez { $seconds ->
    [one] une seconde
   *[other] { $seconds } secondes
}, puis demandez de nouveau.
problem-bearer = Rien ne peut être changé avec ce lien
problem-bearer-text = Il marche pour toute personne qui l’a. Pour choisir, ouvrez les raisons depuis la publicité elle-même, ou allez dans les réglages de confidentialité du site qui l’a montrée.
problem-nobody = Il n’y a personne dont le choix puisse être gardé
problem-nobody-text = Le site n’a pas dit qui vous êtes. Rien n’a été changé.
problem-elsewhere = Cela ne vient pas de notre page
problem-elsewhere-text = Un choix ne compte que s’il est fait sur la page des raisons elle-même. Rien n’a été changé.
problem-malformed = Cela ne peut pas être compris
problem-malformed-text = Ce qui a été envoyé n’est pas ce que nos pages envoient. Rien n’a été changé.
problem-reused = Ce formulaire a déjà servi
problem-reused-text = Il a été envoyé avec un autre choix, qui est gardé. Rien n’a été changé. Revenez aux raisons et choisissez là.
problem-unavailable = Cela ne marche pas en ce moment
problem-unavailable-text = La faute est la nôtre. Réessayez dans un petit moment.

## Ce que pense le lecteur

section-say = Dites-nous ce que vous en pensez
press-intro = Un clic suffit. Il est compté avec les autres réponses et ne change aucune de vos annonces.
press-clear = Les raisons sont claires
press-unclear = Les raisons ne sont pas claires
press-relevant = Cette annonce m’est utile
press-not-relevant = Cette annonce ne m’est pas utile
press-thanks = Merci
press-kept = Votre réponse est gardée. Elle est comptée avec les autres et ne change aucune de vos annonces.
concern-title = Poser une question ou contester
concern-intro = Quelque chose ne va pas ? Vous aurez une réponse dans les 30 jours, sur la page qui s’ouvre à l’envoi.
concern-topic = De quoi s’agit-il ?
topic-wrong-reason = Une raison n’est pas vraie
topic-unwanted-data = Mes données ne devraient pas servir
topic-unfair = Je me sens traité injustement
topic-content = L’annonce trompe ou choque
topic-unclear = Je ne comprends pas les raisons
topic-other = Autre chose
concern-words = Avec vos mots (peut rester vide)
concern-send = Envoyer ma question
concern-earlier = Ce qui a déjà été demandé
concern-kept = Votre question est gardée
concern-raised = Elle a été envoyée le { $at }.
concern-due = Vous pourrez lire la réponse ici au plus tard le { $at }.
concern-waits = Il n’y a pas encore de réponse.
concern-upheld = Vous aviez raison.
concern-explained = Aucune erreur n’a été trouvée.
concern-answered = La réponse date du { $at }.
concern-sealed = La réponse n’est montrée qu’à la personne concernée.
concern-said = Ce que vous avez écrit
concern-answer = La réponse
concern-remade-same = Nous avons choisi à nouveau pour ce même moment : le résultat est le même.
concern-remade-other = Nous avons choisi à nouveau pour ce même moment, et le résultat n’est pas le même. La personne qui vous répond le sait.
concern-remade-gone = Ce choix ne peut plus être refait.
problem-too-many-concerns = Plus aucune question n’est prise ici
problem-too-many-concerns-text = Il y a déjà beaucoup de questions sur cette annonce. Chacune aura une réponse.

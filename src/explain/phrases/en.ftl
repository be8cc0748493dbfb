# What Limpid says in English. The other languages are beside it; a message missing in one of them is a
# failing test.
# "Because" is only said of what moved this ad against the others.

## The page

page-title = Why this ad
kicker = This is an ad: here is why you see it
fallback-language = This page is not available in your language yet, so here it is in English.
languages = Languages
language-name = English

headline-mainly = You see this ad mainly because { $clause }.
headline-partly = You see this ad partly because { $clause }.
headline-mainly-value = This counted most for this ad: { $clause }.
headline-partly-value = This counted for this ad: { $clause }.
headline-only = This was the only ad that could be shown here.
headline-even = Nothing set this ad apart from the others that could have been shown here.
headline-none = No single reason speaks for this ad.

compared-others = { $others ->
    [one] Compared with the one other ad that could have been shown here.
   *[other] Compared with the { $others } other ads that could have been shown here.
}
compared-average = There was no other ad to compare it with, so each reason is compared with the average of past cases.

for-advertiser = Shown for
for-payer = Paid by
for-category = About

section-for = What spoke for this ad
section-against = What spoke against it
section-common = True of every ad you could have seen
section-unused = What was not used, and why
section-change = How to change this
section-kept = What is kept, and for how long

share = { $percent }%
share-tiny = less than 1%
share-most = more than 99%

named-share = { $count ->
    [one] This reason is { $share } of all that spoke for or against this ad.
   *[other] These { $count } reasons are { $share } of all that spoke for or against this ad.
}
remainder = The remaining { $share } are weaker reasons and fixed parts of the calculation.
remainder-none = Nothing else did.
common-intro = These counted for every ad alike, so they are no reason for this one.
unused-none = Nothing was held back.
personal-none = Nothing that is known about you made a difference between the ads.
change-intro = You choose which purposes you accept in the privacy settings of the site that showed you this ad. What you no longer accept is not used for the next ad.
change-group = { $count ->
    [one] Not used any more if you stop accepting this purpose: { $purposes }.
   *[other] Not used any more if you stop accepting any of these purposes: { $purposes }.
}
change-none = No choice of yours would change these reasons: none of them is about you.
kept-group = Kept for { $days ->
    [365] one year
    [one] one day
   *[other] { $days } days
}:
kept-none = Nothing about you was used, so nothing is kept about you for this purpose.

source = Source: { $provenance }, { $derivation }.
source-personal = Used with your consent to { $purposes }.
source-not-personal = Says nothing about you.
banded-note = Counts and dates are given in ranges, because this link works for anyone who has it.
sample-note = Demonstration: names, prices and privacy choices are sample values.
record = Decision { $id }, made on { $at }.

## Reasons

bid-higher = Its advertiser offered more than the other advertisers did on average.
bid-lower = Its advertiser offered less than the other advertisers did on average.
last-time = Most recently { $when }.
pair-counted = { $one } and { $other } counted together.
datum-pair = { $one }, together with { $other }
fact-value = { $label }: { $value }.
fact-missing = { $label }: not known.
fact-withheld = { $label }: not used for this ad.
roughly = about { $value }
yes = yes
no = no

history-browse = You looked at “{ $key }” { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you looking at “{ $key }” { $window }.
history-browse-alike = You looked at things of this kind { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you looking at anything of this kind { $window }.
history-browse-any = You looked at pages here { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you looking at any page here { $window }.
history-purchase = You bought “{ $key }” { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you buying “{ $key }” { $window }.
history-purchase-alike = You bought products of this kind { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you buying anything of this kind { $window }.
history-purchase-any = You bought something here { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you buying anything here { $window }.
history-search = You searched for “{ $key }” { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you searching for “{ $key }” { $window }.
history-search-alike = You searched for things of this kind { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you searching for anything of this kind { $window }.
history-search-any = You searched here { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you searching here { $window }.
history-impression = You were shown ads for “{ $key }” { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you being shown ads for “{ $key }” { $window }.
history-impression-alike = You were shown ads of this kind { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you being shown ads of this kind { $window }.
history-impression-any = You were shown ads here { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you being shown any ad here { $window }.
history-click = You clicked on ads for “{ $key }” { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you clicking on ads for “{ $key }” { $window }.
history-click-alike = You clicked on ads of this kind { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you clicking on ads of this kind { $window }.
history-click-any = You clicked on ads here { $count ->
    [one] once
   *[other] { $count } times
} { $window }.
    .absent = We have no record of you clicking on any ad here { $window }.
history-conversion = You took up offers for “{ $key }” { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you taking up offers for “{ $key }” { $window }.
history-conversion-alike = You took up offers of this kind { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you taking up offers of this kind { $window }.
history-conversion-any = You took up offers here { $times ->
    [one] once
   *[other] { $times } times
} { $window }.
    .absent = We have no record of you taking up any offer here { $window }.

window-weeks = { $count ->
    [one] in the last week
   *[other] in the last { $count } weeks
}
window-days = { $count ->
    [365] in the last 12 months
    [one] in the last day
   *[other] in the last { $count } days
}
band = { $from } to { $to }
band-open = more than { $from }

## Where data come from

provenance-first-party = this site
provenance-partner = a partner, { $name }
derivation-stated = as stated
derivation-observed = as observed
derivation-inferred = concluded from other data

cause-not-personal = It says nothing about you.
cause-accepted = You accepted every purpose that it needs.
cause-purposes-refused = { $count ->
    [one] You have not accepted this purpose: { $purposes }.
   *[other] You have not accepted these purposes: { $purposes }.
}
cause-not-objected = You were told that you can object to this use, and you have not.
cause-privacy-control = Your browser asks not to sell or share your data.
cause-age = Nothing about you is used where children may be concerned.
cause-opted-out = You opted out of this use.
cause-no-choice = The site passed on no valid choice of yours that allows this use.
cause-no-subject = The site did not say who you are, so nothing about you was looked up.
cause-sensitive-ad = This ad is of a sensitive kind. Such ads are never chosen by what is known about you.
cause-withdrawn = You withdrew your consent to this use.
cause-objected = You objected to this use.
cause-stopped = You asked us to use nothing about you for ads.
cause-forgotten = You asked us not to use this.

## The purposes of the Transparency and Consent Framework

purpose-1 = store or read information on your device
purpose-2 = choose ads with limited data
purpose-3 = build a profile of you for ads
purpose-4 = choose ads with a profile of you
purpose-5 = build a profile of you for content
purpose-6 = choose content with a profile of you
purpose-7 = measure how well ads work
purpose-8 = measure how well content works
purpose-9 = understand audiences with statistics
purpose-10 = develop and improve services
purpose-11 = choose content with limited data
list-separator = {", "}
list-last = {" and "}

## Time

month-name = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
day-number = { $day }
day = { day-number } { month-name } { $year }
month = { month-name } { $year }
on-day = on { day }
in-month = in { month }
moment = { day } at { $hour }:{ $minute } UTC

## When there is no page to show

problem-expired = This link has expired
problem-expired-text = A link to the reasons for an ad works for a limited time. Open the reasons again from the ad itself.
problem-invalid = This link is not valid
problem-invalid-text = It may have been cut off or changed on its way. Open the reasons again from the ad itself.
problem-not-found = There is nothing here
problem-not-found-text = The record that this link leads to does not exist, or has been erased.

## The notice, and how a decision is made

notice-change = You can stop the use of these data: { $data }. To do so, stop accepting one of these purposes: { $purposes }.

how-step-1 = The site that shows the ad asks which of several ads to show, and says which purposes you accepted.
how-step-2 = What you did not accept is set aside before anything is read.
how-step-3 = What may be read is looked up: what you did here, and what each ad is for.
how-step-4 = Each ad gets points for each of these things. The points are added up, and nothing else counts but the price that the advertiser offers.
how-step-5 = The ad with the highest sum is shown. The points are kept, sealed, so that they can be checked later.
how-step-6 = You can open the reasons for any ad you were shown, and change what you accept.
how-never-1 = Age, sex, income, family and other traits of groups.
how-never-2 = Purchases from which your health, your family state, your beliefs or your origin could be guessed.
how-never-3 = Whether you refused something: a refusal is never held against you.
how-never-4 = Anything that you did after the ad was chosen.

how-title = How ads are chosen here
how-kicker = For everyone: no prior knowledge asked
how-intro = Some ads on this site are chosen by a computer. This page says what it looks at, how it decides, and what you can change. It is written from the sums that are in use today.
how-link = How ads are chosen here, step by step
how-back = Back to the reasons for your ad
how-section-steps = Six steps to an ad
how-section-looks = What is looked at
how-section-never = What is never looked at
how-section-guess = What an estimate is, and what it is not
how-section-example = An example, made up
how-section-choices = What your choices do
how-looks-intro = The bars show how much each thing counts, over many people and ads. All the bars add up to the whole.
how-looks-none = No ads are being chosen at the moment, so nothing is looked at.
how-about-person = About you
how-about-ad = About the ad
how-about-place = About the page and the moment
how-needs = { $count ->
    [one] Looked at only if you accept this purpose: { $purposes }.
   *[other] Looked at only if you accept all of these purposes: { $purposes }.
}
how-impersonal = It says nothing about you.
how-kept = { $days ->
    [365] Kept for one year.
    [one] Kept for one day.
   *[other] Kept for { $days } days.
}
how-not-kept = Not kept.
how-guess-1 = An estimate says how many of 1,000 people in the same case do what an ad asks for.
how-guess-2 = It is drawn from what many people did before. It says nothing about what you think or plan.
how-guess-3 = It can be wrong. For one person alone, it often is.
how-guess-4 = Two things may go together, and yet one need not cause the other.
how-guess-5 = Nothing is drawn from a case that only a few people were in.
how-example-intro = This person does not exist, and nobody’s real data are shown. Step by step, one more thing becomes known, told as this person would read it. All that is not named is taken as average.
how-people = { $people ->
    [0] fewer than 1
   *[other] about { $people }
}
how-example-start = At first all is average. Of 1,000 such people, { $count } { $response ->
    [click] click on the ad.
   *[other] do what the ad asks for.
}
how-example-more = Of 1,000 such people, it is now { $count }: more than before.
how-example-less = Of 1,000 such people, it is now { $count }: fewer than before.
how-example-same = Of 1,000 such people, it is still { $count }.
how-example-end = Every other ad goes through the same sum. Then the price that each advertiser offers is counted in, and the ad with the highest sum is shown.
how-choice-1 = If you accept nothing, you still see ads. They are then chosen without anything about you.
how-choice-2 = What you accept can be used from the next ad on. What you stop accepting is left out from the next ad on.
how-choice-3 = The link at each ad opens the reasons for that ad, and what you can change about them.
how-choice-4 = You make these choices in the privacy settings of the site that shows the ad.

## The link beside an ad

widget-open = Why this ad?
widget-close = Close
widget-tab = Open on a page of its own

## Comparing and asking what if

contrast-more = Counts more for this ad than for the other one: { $datum }.
contrast-less = Counts less for this ad than for the other one: { $datum }.
contrast-bid-higher = The advertiser of this ad offers more than that of the other one.
contrast-bid-lower = The advertiser of this ad offers less than that of the other one.

probability-order = Each of these changes is only true in this order, the strongest first. In another order they would differ; the result would not.
change-flips = If we had not used this, you would have seen another ad, by { $advertiser }: { $data }.
change-no-ad = If we had not used this, you would have seen no ad: { $data }.
change-same = You would have seen this ad all the same, if we had not used this: { $data }.
changes-found = Here is what would have changed the choice. Each line is enough by itself.
changes-no-control = No data that you control were used for this choice. So nothing you control would have changed it.
changes-none = None of the data that you control would have changed this choice, nor would two or three of them.
changes-only-many = Only several of the data that you control would have changed this choice together, more than three of them.
changes-not-found = We tried many of the data that you control, and found nothing that would have changed this choice.

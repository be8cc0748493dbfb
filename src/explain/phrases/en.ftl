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
percent-tiny = less than 1
share-most = more than 99%

named-share = { $count ->
    [one] This reason is { $share } of all that spoke for or against this ad.
   *[other] These { $count } reasons are { $share } of all that spoke for or against this ad.
}
remainder = The remaining { $share } are weaker reasons and fixed parts of the calculation.
remainder-none = Nothing else did.
common-intro = These counted for every ad alike, so they are no reason for this one.
more-common = { $count } more
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
how-sensitive = Purchases in these categories tell us nothing about you. They are named as the IAB Ad Product Taxonomy 2.0 names them:

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

an-ad = An ad by { $advertiser }: { $category }
no-ad = No ad

## Choosing on the page

control-intro = You can choose here. What you choose is kept at once, and holds from the next ad on. You can take each choice back.
control-bearer = This link works for anyone who has it, so nothing can be changed here. To choose, open the reasons from the ad itself, or use the privacy settings of the site that showed it.
control-nobody = The site did not say who you are, so there is nobody whose choice could be kept here.
control-about-ads = Which ads you see
control-about-data = Which data are used
control-about-purposes = What your data are used for
control-about-everything = All at once
control-about-others = Your other choices
control-advertiser = Ads by { $name }
control-category = Ads about { $name }
control-everything = Everything that is known about you
control-chosen = You chose this.
control-hide = Hide these ads
control-show = Show these ads again
control-forget = Do not use this
control-use = Use this again
control-object = Do not allow this
control-allow = Allow this again
control-withdraw = Stop accepting this
control-grant = Accept this again
control-stop = Use nothing about me
control-resume = Use what I accept again
state-advertiser-yes = Ads by { $name } may be shown to you.
state-advertiser-no = No ads by { $name } are shown to you.
state-category-yes = Ads about { $name } may be shown to you.
state-category-no = No ads about { $name } are shown to you.
state-datum-yes = May be used, if you accepted what it is used for.
state-datum-no = Is not used for ads.
state-purpose-silent = You told us nothing about this. What you accepted on the site holds.
state-purpose-granted = You accept this.
state-purpose-withdrawn = You do not accept this.
state-purpose-objected = You do not allow this, whatever was accepted.
state-everything-yes = May be used, as far as you accepted it.
state-everything-no = Nothing about you is used for ads.

## The receipt of a choice

receipt-kicker = Receipt
receipt-title = Your choice is kept
receipt-since = In force since { $at }. It holds from the next ad on.
receipt-overtaken = You chose otherwise since. What this receipt says does not hold any more.
receipt-said = You said
receipt-before = Before
receipt-after = With your choice
receipt-unchanged = This held already, so nothing changed.
receipt-undo = You can take this back.
receipt-redo = You can choose this again.
receipt-again = The same choice of ad, made again
receipt-again-intro = We chose once more for that same moment, among the same ads at the same prices.
receipt-ad-before = Before your choice
receipt-ad-after = With your choice
receipt-stays = The ad that you asked about would still be shown. Your choice holds for every other ad too.
receipt-leaves = The ad that you asked about would not be shown any more.
receipt-returns = The ad that you asked about would be shown again.
receipt-absent = The ad that you asked about would not be shown, neither before nor now.
receipt-narrow = Data that could not be used at that moment are not looked at here either. If you allow more, it counts from the next ad on.
receipt-record = Receipt { $id }, for decision { $decision }.

## Why not another ad, and what would have changed it

section-contrast = Why not another ad?
contrast-with = Compared with another ad that could have been shown here. { $name }.
contrast-for-this = Counted more for this ad
contrast-for-other = Counted more for the other ad
contrast-smaller = and { $count } smaller ones
contrast-bid-equal = Both advertisers offer the same.
contrast-policy = Fixed parts of the calculation differ too.
contrast-pick = Compare with
contrast-go = Compare
contrast-none = No other ad could have been shown here.
section-changes = What would have changed it?
changes-invite = We can choose the ad again without some of your data, and tell you what you would have seen.
changes-go = See what would have changed it
changes-title = What would have changed this ad
changes-instead = You would have seen an ad by { $advertiser } without any one of these:
changes-instead-none = You would have seen no ad without any one of these:
changes-ones = One thing at a time
changes-ones-intro = What would you have seen without one of these?
changes-back = All that would have changed this ad
changes-how = Looking here changes nothing. To change what is used, go back to the reasons.
changes-tried = For this page the ad was chosen { $count ->
    [one] once more
   *[other] { $count } times more
}, with less of your data each time.

## When the widget is closed, or something cannot be done

closed-title = You can close this page
closed-text = Nothing more happens here.
problem-no-receipt = There is no such receipt
problem-no-receipt-text = No choice of yours is kept under this name, or it has been erased.
problem-too-often = Too many questions at once
problem-too-often-text = Please wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}, then ask again.
problem-bearer = Nothing can be changed with this link
problem-bearer-text = It works for anyone who has it. To choose, open the reasons from the ad itself, or use the privacy settings of the site that showed it.
problem-nobody = There is nobody whose choice could be kept
problem-nobody-text = The site did not say who you are. Nothing was changed.
problem-elsewhere = This did not come from our page
problem-elsewhere-text = A choice counts only when it is made on the page of reasons itself. Nothing was changed.
problem-malformed = This cannot be understood
problem-malformed-text = What was sent is not what our pages send. Nothing was changed.
problem-reused = This form was used before
problem-reused-text = It was sent with another choice, which is kept. Nothing was changed. Go back to the reasons and choose there.
problem-unavailable = This does not work right now
problem-unavailable-text = The fault is ours. Please try again in a little while.

## What the reader thinks

section-say = Tell us what you think
press-intro = One press is enough. It is counted with what others say, and changes none of your ads.
press-clear = The reasons are clear
press-unclear = The reasons are not clear
press-relevant = This ad is of use to me
press-not-relevant = This ad is of no use to me
press-thanks = Thank you
press-kept = What you said is kept. It is counted with what others say, and changes none of your ads.
concern-title = Ask about this ad, or object
concern-intro = Is something wrong? You get an answer within 30 days, on the page that opens when you send this.
concern-topic = What is it about?
topic-wrong-reason = A reason is not true
topic-unwanted-data = My data should not be used
topic-unfair = I feel treated unfairly
topic-content = The ad misleads or offends
topic-unclear = I do not understand the reasons
topic-other = Something else
concern-words = In your own words (this can stay empty)
concern-send = Send my question
concern-earlier = What was asked before
concern-kept = Your question is kept
concern-raised = It was sent on { $at }.
concern-due = You can read the answer here by { $at }.
concern-waits = There is no answer yet.
concern-upheld = You were right.
concern-explained = Nothing was found to be wrong.
concern-answered = The answer came on { $at }.
concern-sealed = The answer is shown only to the person that it is for.
concern-said = What you wrote
concern-answer = The answer
concern-remade-same = We chose an ad once more for that same moment: it comes out the same.
concern-remade-other = We chose an ad once more for that same moment, and it does not come out the same. Whoever answers you is told so.
concern-remade-gone = The choice of this ad cannot be made again any more.
problem-too-many-concerns = No more questions are taken here
problem-too-many-concerns-text = There are many questions about this ad already. Each of them gets an answer.

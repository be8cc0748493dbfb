use proptest::prelude::*;

use super::*;
use crate::domain::{Currency, Line, LineSource, Pricing, Response};
use crate::ledger::tests::{decision, workings};

/// What one ad is made of: its texts, its line, and what was read of it.
fn ad() -> impl Strategy<Value = (RankedAd, Cell<'static>)> {
    let cell = prop_oneof![
        Just(Cell::Missing),
        Just(Cell::Withheld),
        prop_oneof![Just(0.0), Just(-0.0), Just(3.0), any::<f64>().prop_filter("a number", |n| !n.is_nan())]
            .prop_map(Cell::Number),
        prop_oneof![Just("soup"), Just("morning"), Just("")].prop_map(Cell::Category),
    ];
    let texts = proptest::array::uniform4("[a-b]{0,1}");
    ("[a-c]{1,2}", texts, any::<bool>(), any::<i64>(), cell).prop_map(
        |(id, [advertiser, payer, domain, category], sensitive, units, cell)| {
            let label =
                AdLabel { id: AdId::parse(&id).unwrap(), advertiser, payer, domain, category, sensitive };
            let line =
                Line { source: LineSource::Intercept(Response::Click), value: Nats::from_units(units) };
            let bid =
                Bid { pricing: Pricing::Cpc, micros: units % 3, currency: Currency::parse("EUR").unwrap() };
            let ranked = decision(1).ranked.remove(0);
            (RankedAd { ad: Arc::new(label), bid, account: vec![line].into(), ..ranked }, cell)
        },
    )
}

fn read(bytes: &[u8]) -> Option<Record> {
    postcard::from_bytes::<Sheet<'_>>(bytes).ok().and_then(|sheet| sheet.record(None))
}

fn written(decision: &Decision, workings: &Workings<'_>) -> Vec<u8> {
    postcard::to_stdvec(&Sheet::of(decision, workings, &Listing::of([].iter()))).unwrap()
}

proptest! {
    #[test]
    fn what_was_read_and_what_came_of_it_come_back(
        ads in proptest::collection::vec(ad(), 0..200),
        eligible in any::<prop::sample::Index>(),
        turn in any::<prop::sample::Index>(),
    ) {
        let (mut ranked, cells): (Vec<_>, Vec<_>) = ads.into_iter().unzip();
        let below = ranked.split_off(if ranked.is_empty() { 0 } else { eligible.index(ranked.len()) });
        let decision = Decision { ranked, ..decision(1) };
        let count = cells.len();
        // The ads were scored in another order than that in which they are ranked.
        let turn = if count == 0 { 0 } else { turn.index(count) };
        let order: Vec<usize> = (0..count).map(|place| (place + turn) % count).collect();
        let mut workings = Workings { order: order.clone(), below, ..workings(&decision) };
        workings.inputs.cells.clone_from(&cells);
        workings.inputs.sensitive = vec![false; count];
        let record = read(&written(&decision, &workings)).unwrap();
        let scored: Vec<_> = decision.ranked.iter().chain(&workings.below).collect();
        prop_assert_eq!(record.scored.len(), scored.len());
        prop_assert_eq!(&record.upshot, &Upshot::of(&decision, &workings.below));
        let mut row = Vec::new();
        for (place, ranked) in scored.into_iter().enumerate() {
            prop_assert_eq!((&record.scored[place].ad, record.scored[place].bid), (&ranked.ad, ranked.bid));
            record.row(place, &mut row);
            let same = match (row[1], cells[order[place]]) {
                (Cell::Number(one), Cell::Number(other)) => one.to_bits() == other.to_bits(),
                (one, other) => one == other,
            };
            prop_assert!(same && row[0] == Cell::Category("morning"), "{:?} is not {:?}", row[1], cells[order[place]]);
        }
    }
}

#[test]
fn a_sheet_that_was_cut_is_refused() {
    let bytes = written(&decision(1), &workings(&decision(1)));
    assert!(read(&bytes).is_some());
    for length in 0..bytes.len() {
        assert_eq!(read(&bytes[..length]), None, "cut to {length} bytes");
    }
}

#[test]
fn a_sheet_whose_parts_do_not_fit_is_refused() {
    let (decision, workings) = (decision(1), workings(&decision(1)));
    let nothing = Listing::of([].iter());
    let refused = |spoil: fn(&mut Sheet<'_>)| {
        let mut sheet = Sheet::of(&decision, &workings, &nothing);
        spoil(&mut sheet);
        assert_eq!(sheet.record(None), None);
    };
    refused(|sheet| sheet.labels[3] = Column::Same(9));
    refused(|sheet| sheet.inputs[0] = Column::Same(Input::Category(9)));
    refused(|sheet| sheet.inputs[0] = Column::Each(Vec::new()));
    refused(|sheet| drop(sheet.inputs.pop()));
    refused(|sheet| sheet.upshot.ranking_values.clear());
    refused(|sheet| sheet.upshot.eligible = 2);
}

#[test]
fn the_digest_covers_every_line_of_every_ad() {
    let one = decision(1);
    let digest = |decision: &Decision| Upshot::of(decision, &[]).digest;
    let mut other = one.clone();
    let mut lines: Vec<Line> = other.ranked[0].account.lines().collect();
    // Two lines that change by turns leave the ranking value as it was.
    lines[0].value += Nats::from_units(1);
    lines[2].value -= Nats::from_units(1);
    other.ranked[0].account = lines.into();
    assert_eq!(other.ranked[0].ranking_value(), one.ranked[0].ranking_value());
    assert_ne!(digest(&other), digest(&one));
    let late = Decision { not_shown: Some(NotShown::Deadline), ..one.clone() };
    assert_ne!(digest(&late), digest(&one));
    assert_eq!(digest(&one.clone()), digest(&one));
}

//! The second form of what an envelope holds: the accounts of a decision by column.
//!
//! Candidates share most of what is said of them: the same lines, and in most lines one of a few values,
//! because a contribution is an entry of a table. So sources are written once for all accounts that have
//! the same ones, a column of values as its distinct values and a byte for each ad, and a text once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Account, AdId, AdLabel, Bid, Decision, DecisionId, Evidence, FeatureId, ImpressionId, LineSource, Micros,
    Nats, NotShown, Profile, Purposes, RankedAd, Refusal, TenantId, Timestamp, Verdict, Versions, shared,
};

/// Most distinct values of a column that are written once each: more are found no faster than written.
const DISTINCT_MAX: usize = 64;

/// A decision, its accounts by column.
#[derive(Serialize, Deserialize)]
pub(super) struct Sheet<'d> {
    id: DecisionId,
    tenant: Cow<'d, TenantId>,
    impression: Cow<'d, ImpressionId>,
    at: Timestamp,
    versions: Cow<'d, Versions>,
    has_subject: bool,
    accepted: Purposes,
    verdicts: Cow<'d, [Verdict]>,
    features: Cow<'d, [String]>,
    shown: u32,
    refused: Cow<'d, [Refusal]>,
    not_shown: Option<NotShown>,
    /// The distinct texts of the ads.
    texts: Vec<Cow<'d, str>>,
    ads: Vec<Row<'d>>,
    /// The accounts, by the sources of their lines.
    layouts: Vec<Layout>,
}

/// What is said of one ad, its account aside.
#[derive(Serialize, Deserialize)]
struct Row<'d> {
    ad: Cow<'d, AdId>,
    /// Places in the texts: advertiser, payer, domain, category.
    texts: [u32; 4],
    sensitive: bool,
    bid: Bid,
    profile: Profile,
    probability: f64,
    expected_value_per_mille: Micros,
    evidence: Cow<'d, [(FeatureId, Evidence)]>,
    /// Place in the layouts; the account is the next one there.
    layout: u32,
}

/// Accounts whose lines have the same sources.
#[derive(Serialize, Deserialize)]
struct Layout {
    #[serde(with = "shared")]
    sources: Arc<[LineSource]>,
    /// The values of each line, in the order of the ads.
    columns: Vec<Column>,
}

/// The values of one line, one for each account.
#[derive(Serialize, Deserialize)]
enum Column {
    /// One and the same.
    Same(Nats),
    /// Few: the distinct ones, and the place among them of each account's.
    Few(Vec<Nats>, Vec<u8>),
    /// Many.
    Each(Vec<Nats>),
}

impl<'d> Sheet<'d> {
    /// The sheet of a decision.
    pub(super) fn of(decision: &'d Decision) -> Self {
        let mut texts = Texts::default();
        let mut layouts: Vec<(&Account, Vec<&[Nats]>)> = Vec::new();
        let mut ads = Vec::with_capacity(decision.ranked.len());
        for ranked in &decision.ranked {
            let RankedAd { ad, account, .. } = ranked;
            let known = layouts.iter().position(|(first, _)| first.is_like(account));
            let layout = known.unwrap_or_else(|| {
                layouts.push((account, Vec::with_capacity(decision.ranked.len())));
                layouts.len() - 1
            });
            layouts[layout].1.push(account.values());
            ads.push(Row {
                ad: Cow::Borrowed(&ad.id),
                texts: [&ad.advertiser, &ad.payer, &ad.domain, &ad.category].map(|text| texts.place(text)),
                sensitive: ad.sensitive,
                bid: ranked.bid,
                profile: ranked.profile,
                probability: ranked.probability,
                expected_value_per_mille: ranked.expected_value_per_mille,
                evidence: Cow::Borrowed(&ranked.evidence),
                layout: narrow(layout),
            });
        }
        Self {
            id: decision.id,
            tenant: Cow::Borrowed(&decision.tenant),
            impression: Cow::Borrowed(&decision.impression),
            at: decision.at,
            versions: Cow::Borrowed(&decision.versions),
            has_subject: decision.has_subject,
            accepted: decision.accepted,
            verdicts: Cow::Borrowed(&decision.verdicts),
            features: Cow::Borrowed(&decision.features),
            shown: decision.shown,
            refused: Cow::Borrowed(&decision.refused),
            not_shown: decision.not_shown,
            texts: texts.met,
            ads,
            layouts: layouts.iter().map(|(first, accounts)| Layout::of(first, accounts)).collect(),
        }
    }

    /// The decision of a sheet; None when the sheet is of none.
    pub(super) fn decision(self) -> Option<Decision> {
        let mut next = vec![0; self.layouts.len()];
        let ranked = self.ads.into_iter().map(|row| {
            let place = row.layout as usize;
            let account = self.layouts.get(place)?.account(next[place])?;
            next[place] += 1;
            let text = |place: u32| Some(self.texts.get(place as usize)?.clone().into_owned());
            let [advertiser, payer, domain, category] = row.texts;
            let label = AdLabel {
                id: row.ad.into_owned(),
                advertiser: text(advertiser)?,
                payer: text(payer)?,
                domain: text(domain)?,
                category: text(category)?,
                sensitive: row.sensitive,
            };
            Some(RankedAd {
                ad: Arc::new(label),
                bid: row.bid,
                profile: row.profile,
                probability: row.probability,
                expected_value_per_mille: row.expected_value_per_mille,
                account,
                evidence: row.evidence.into_owned(),
            })
        });
        Some(Decision {
            ranked: ranked.collect::<Option<_>>()?,
            id: self.id,
            tenant: self.tenant.into_owned(),
            impression: self.impression.into_owned(),
            at: self.at,
            versions: self.versions.into_owned(),
            has_subject: self.has_subject,
            accepted: self.accepted,
            verdicts: self.verdicts.into_owned(),
            features: self.features.into_owned().into(),
            shown: self.shown,
            refused: self.refused.into_owned(),
            not_shown: self.not_shown,
        })
    }
}

impl Layout {
    fn of(like: &Account, accounts: &[&[Nats]]) -> Self {
        let columns = (0..like.sources().len()).map(|line| Column::of(line, accounts));
        Self { sources: like.sources().clone(), columns: columns.collect() }
    }

    /// The account at `place` among those of this layout.
    fn account(&self, place: usize) -> Option<Account> {
        let values = self.columns.iter().map(|column| column.value(place));
        Account::of(self.sources.clone(), values.collect::<Option<_>>()?)
    }
}

impl Column {
    fn of(line: usize, accounts: &[&[Nats]]) -> Self {
        let values = || accounts.iter().map(|values| values[line]);
        let first = values().next().unwrap_or_default();
        if values().all(|value| value == first) {
            return Self::Same(first);
        }
        let mut distinct: Vec<Nats> = Vec::with_capacity(DISTINCT_MAX);
        let mut places = Vec::with_capacity(accounts.len());
        for value in values() {
            let known = distinct.iter().position(|known| *known == value);
            if known.is_none() && distinct.len() == DISTINCT_MAX {
                return Self::Each(values().collect());
            }
            let place = known.unwrap_or(distinct.len());
            if known.is_none() {
                distinct.push(value);
            }
            places.push(u8::try_from(place).unwrap_or(u8::MAX));
        }
        Self::Few(distinct, places)
    }

    fn value(&self, place: usize) -> Option<Nats> {
        match self {
            Self::Same(value) => Some(*value),
            Self::Few(distinct, places) => distinct.get(usize::from(*places.get(place)?)).copied(),
            Self::Each(values) => values.get(place).copied(),
        }
    }
}

/// Distinct texts in the order in which they were met.
#[derive(Default)]
struct Texts<'d> {
    met: Vec<Cow<'d, str>>,
    places: HashMap<&'d str, u32, foldhash::fast::RandomState>,
}

impl<'d> Texts<'d> {
    fn place(&mut self, text: &'d str) -> u32 {
        *self.places.entry(text).or_insert_with(|| {
            self.met.push(Cow::Borrowed(text));
            narrow(self.met.len() - 1)
        })
    }
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Line, Response};
    use crate::ledger::tests::decision;

    /// A line of one of a few sources; of one of a few values or of any.
    fn line() -> impl Strategy<Value = Line> {
        let source = prop_oneof![
            Just(LineSource::Bid),
            Just(LineSource::Saturation(Response::Click)),
            (0..2_u16).prop_map(|feature| LineSource::Feature(Response::Click, FeatureId(feature))),
        ];
        let units = prop_oneof![3 => 0..3_i64, 1 => any::<i64>()];
        (source, units).prop_map(|(source, units)| Line { source, value: Nats::from_units(units) })
    }

    fn ad() -> impl Strategy<Value = RankedAd> {
        let lines = proptest::collection::vec(line(), 0..4);
        (lines, "[a-c]{1,2}", proptest::array::uniform4("[a-b]{0,1}"), any::<bool>(), 0.0..1.0).prop_map(
            |(lines, id, [advertiser, payer, domain, category], sensitive, probability)| {
                let id = AdId::parse(&id).unwrap();
                RankedAd {
                    ad: Arc::new(AdLabel { id, advertiser, payer, domain, category, sensitive }),
                    probability,
                    account: lines.into(),
                    ..decision(1).ranked.remove(0)
                }
            },
        )
    }

    fn read(bytes: &[u8]) -> Option<Decision> {
        postcard::from_bytes::<Sheet<'_>>(bytes).ok().and_then(Sheet::decision)
    }

    proptest! {
        #[test]
        fn a_decision_comes_back_from_its_sheet(ranked in proptest::collection::vec(ad(), 0..200)) {
            let decision = Decision { ranked, ..decision(1) };
            let bytes = postcard::to_stdvec(&Sheet::of(&decision)).unwrap();
            prop_assert_eq!(read(&bytes), Some(decision));
        }
    }

    #[test]
    fn a_sheet_that_was_cut_is_refused() {
        let bytes = postcard::to_stdvec(&Sheet::of(&decision(1))).unwrap();
        assert_eq!(read(&bytes), Some(decision(1)));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None, "cut to {length} bytes");
        }
    }

    #[test]
    fn an_account_that_is_not_there_is_refused() {
        let decision = decision(1);
        let mut sheet = Sheet::of(&decision);
        sheet.layouts[0].columns[1] = Column::Few(vec![Nats::ZERO], vec![1]);
        assert_eq!(sheet.decision(), None);
        let mut sheet = Sheet::of(&decision);
        sheet.layouts[0].columns.pop();
        assert_eq!(sheet.decision(), None);
        let mut sheet = Sheet::of(&decision);
        sheet.ads[0].layout = 1;
        assert_eq!(sheet.decision(), None);
        let mut sheet = Sheet::of(&decision);
        sheet.ads[0].texts[3] = 9;
        assert_eq!(sheet.decision(), None);
    }

    #[test]
    fn what_candidates_share_is_written_once() {
        let one = decision(1);
        let many = Decision { ranked: vec![one.ranked[0].clone(); 100], ..one.clone() };
        let length = |decision: &Decision| postcard::to_stdvec(&Sheet::of(decision)).unwrap().len();
        let each = postcard::to_stdvec(&one.ranked[0]).unwrap().len();
        assert!(length(&many) - length(&one) < 99 * each * 2 / 3, "{} for {each}", length(&many));
    }
}

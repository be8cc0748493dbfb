//! The second form of what an envelope holds: the accounts of a decision by column.
//!
//! Candidates share most of what is said of them: the same lines, and in most lines one of a few values,
//! because a contribution is an entry of a table. So sources are written once for all accounts that have
//! the same ones, a column of values as its distinct values and a byte for each ad, and a text once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Account, AdId, Bid, Decision, DecisionId, Evidence, FeatureId, ImpressionId, Line, LineSource, Micros,
    Nats, NotShown, Profile, Purposes, RankedAd, Refusal, TenantId, Timestamp, Verdict, Versions,
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
    sources: Vec<LineSource>,
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
        let mut layouts: Vec<(&'d [Line], Vec<&'d [Line]>)> = Vec::new();
        let mut ads = Vec::with_capacity(decision.ranked.len());
        for ad in &decision.ranked {
            let lines = ad.account.lines.as_slice();
            let known = layouts.iter().position(|(first, _)| same_sources(first, lines));
            let layout = known.unwrap_or_else(|| {
                layouts.push((lines, Vec::with_capacity(decision.ranked.len())));
                layouts.len() - 1
            });
            layouts[layout].1.push(lines);
            ads.push(Row {
                ad: Cow::Borrowed(&ad.ad),
                texts: [&ad.advertiser, &ad.payer, &ad.domain, &ad.category].map(|text| texts.place(text)),
                sensitive: ad.sensitive,
                bid: ad.bid,
                profile: ad.profile,
                probability: ad.probability,
                expected_value_per_mille: ad.expected_value_per_mille,
                evidence: Cow::Borrowed(&ad.evidence),
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
            texts: texts.0,
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
            Some(RankedAd {
                ad: row.ad.into_owned(),
                advertiser: text(advertiser)?,
                payer: text(payer)?,
                domain: text(domain)?,
                category: text(category)?,
                sensitive: row.sensitive,
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
            features: self.features.into_owned(),
            shown: self.shown,
            refused: self.refused.into_owned(),
            not_shown: self.not_shown,
        })
    }
}

impl Layout {
    fn of(first: &[Line], accounts: &[&[Line]]) -> Self {
        Self {
            sources: first.iter().map(|line| line.source).collect(),
            columns: (0..first.len()).map(|line| Column::of(line, accounts)).collect(),
        }
    }

    /// The account at `place` among those of this layout.
    fn account(&self, place: usize) -> Option<Account> {
        let line = |(source, column): (&LineSource, &Column)| {
            Some(Line { source: *source, value: column.value(place)? })
        };
        let lines = self.sources.iter().zip(&self.columns).map(line).collect::<Option<_>>()?;
        (self.sources.len() == self.columns.len()).then_some(Account { lines })
    }
}

impl Column {
    fn of(line: usize, accounts: &[&[Line]]) -> Self {
        let values = || accounts.iter().map(|lines| lines[line].value);
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
        match distinct[..] {
            [same] => Self::Same(same),
            _ => Self::Few(distinct, places),
        }
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
struct Texts<'d>(Vec<Cow<'d, str>>);

impl<'d> Texts<'d> {
    /// The place of `text`. Only the last texts are looked through, so that time does not grow with
    /// their number; a text that was met longer ago is written again.
    fn place(&mut self, text: &'d str) -> u32 {
        let recent = self.0.len().saturating_sub(DISTINCT_MAX);
        let known = self.0[recent..].iter().rposition(|known| known == text);
        narrow(known.map_or_else(
            || {
                self.0.push(Cow::Borrowed(text));
                self.0.len() - 1
            },
            |known| recent + known,
        ))
    }
}

fn same_sources(one: &[Line], other: &[Line]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.source == other.source)
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Response;
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
            |(lines, id, [advertiser, payer, domain, category], sensitive, probability)| RankedAd {
                ad: AdId::parse(&id).unwrap(),
                advertiser,
                payer,
                domain,
                category,
                sensitive,
                probability,
                account: Account { lines },
                ..decision(1).ranked.remove(0)
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

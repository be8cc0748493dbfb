//! Two ads compared, and what would have changed a choice, in words.

use fluent_bundle::FluentArgs;

use super::Phrases;
use crate::domain::{Feature, Locale, shown};

/// What a search for what would have changed a choice came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Sets of data that would have.
    Found,
    /// The person controls none of the data that were used.
    NoControl,
    /// None, nor two or three together.
    Nothing,
    /// Only more than three together.
    OnlyMany,
    /// None among those that could be tried.
    NotWithinBound,
}

/// What there would have been in the place of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead<'a> {
    /// The same ad.
    Same,
    /// No ad.
    Nothing,
    /// An ad of this advertiser.
    AdOf(&'a str),
}

impl Phrases {
    /// That a datum does more, or less, for one ad than for another one.
    #[must_use]
    pub fn contrast(&self, code: &str, more: bool, features: &[Feature], locale: Locale) -> String {
        let id = if more { "contrast-more" } else { "contrast-less" };
        let datum = self.datum(code, features, locale);
        self.say(id, locale, &[("datum", datum)].into_iter().collect())
    }

    /// That one advertiser offers more, or less, than the other one.
    #[must_use]
    pub fn contrast_of_bids(&self, more: bool, locale: Locale) -> String {
        self.text(if more { "contrast-bid-higher" } else { "contrast-bid-lower" }, locale)
    }

    /// What there would have been without some data.
    #[must_use]
    pub fn change(
        &self,
        data: &[String],
        instead: Instead<'_>,
        features: &[Feature],
        locale: Locale,
    ) -> String {
        let labels: Vec<String> = data.iter().map(|code| self.datum(code, features, locale)).collect();
        let mut variables: FluentArgs<'_> = [("data", labels.join(", "))].into_iter().collect();
        let id = match instead {
            Instead::Same => "change-same",
            Instead::Nothing => "change-no-ad",
            Instead::AdOf(advertiser) => {
                variables.set("advertiser", shown(advertiser));
                "change-flips"
            }
        };
        self.say(id, locale, &variables)
    }

    /// What a search came to.
    #[must_use]
    pub fn sought(&self, sought: Sought, locale: Locale) -> String {
        let id = match sought {
            Sought::Found => "changes-found",
            Sought::NoControl => "changes-no-control",
            Sought::Nothing => "changes-none",
            Sought::OnlyMany => "changes-only-many",
            Sought::NotWithinBound => "changes-not-found",
        };
        self.text(id, locale)
    }
}

//! Opening a logged decision for the person it was made for.

use std::borrow::Cow;

use super::opened::Opened;
use super::{DecideError, Engine};
use crate::domain::{Decision, Feature, Locale, Reason, Verdict};
use crate::explain::{Dsa, Explanation, Precision, Walk, explain, notice, walks};

/// Most reasons that an answer names.
const REASONS_MAX: usize = 3;

/// One ad of a logged decision, explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The decision, as it is in the ledger.
    pub decision: Decision,
    /// Which of its ads.
    pub index: usize,
    /// Why.
    pub explanation: Explanation,
    /// How exactly facts about the person may be told to this token's holder.
    pub precision: Precision,
    /// What the gate said, for this ad.
    pub verdicts: Vec<Verdict>,
}

/// The notice of DSA Article 26, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeInWords {
    /// On whose behalf the ad is shown.
    pub on_behalf_of: String,
    /// Who paid.
    pub paid_by: String,
    /// Reason codes, strongest first.
    pub main_parameters: Vec<String>,
    /// How to change them.
    pub how_to_change: String,
    /// The `OpenRTB` object.
    pub dsa: Dsa,
}

impl Engine {
    /// Opens the ad that `token` was issued for.
    ///
    /// # Errors
    /// When the token is not ours, has expired, or its decision is gone.
    pub async fn explain(&self, token: &str) -> Result<Explained, DecideError> {
        self.explained(self.open(token).await?)
    }

    /// The ad that was opened, explained.
    pub(super) fn explained(&self, opened: Opened) -> Result<Explained, DecideError> {
        let Opened { decision, index, precision, .. } = opened;
        let gone = || DecideError::NotFound("the decision is not in the log".to_owned());
        let explanation = self.explain_ad(&decision, index).ok_or_else(gone)?;
        let sensitive = decision.ranked[index].ad.sensitive;
        let verdicts =
            if sensitive { self.context_only.as_slice().to_vec() } else { decision.verdicts.clone() };
        Ok(Explained { decision, index, explanation, precision, verdicts })
    }

    /// Why the ad at `index` stands where it does; None when there is no such ad.
    #[must_use]
    pub fn explain_ad(&self, decision: &Decision, index: usize) -> Option<Explanation> {
        explain(decision, index, &self.features_of(decision), REASONS_MAX)
    }

    /// How the probability of an explained ad comes about, model by model.
    ///
    /// # Errors
    /// When the token that explained it is not the person's own.
    pub fn walks(&self, explained: &Explained) -> Result<Vec<Walk>, DecideError> {
        match explained.precision {
            Precision::Exact => {
                let Explained { decision, index, .. } = explained;
                Ok(walks(decision, *index, &self.features_of(decision)))
            }
            Precision::Banded => Err(DecideError::BearerToken),
        }
    }

    /// A reason as a sentence.
    #[must_use]
    pub fn sentence(
        &self,
        decision: &Decision,
        reason: &Reason,
        locale: Locale,
        precision: Precision,
    ) -> String {
        self.phrases.reason(reason, &self.features_of(decision), locale, precision)
    }

    /// The explanation in one sentence.
    #[must_use]
    pub fn headline(
        &self,
        decision: &Decision,
        explanation: &Explanation,
        locale: Locale,
        precision: Precision,
    ) -> String {
        self.phrases.headline(explanation, &self.features_of(decision), locale, precision)
    }

    /// The notice for an explained ad.
    #[must_use]
    pub fn notice(&self, explained: &Explained, locale: Locale) -> Option<NoticeInWords> {
        let features = self.features_of(&explained.decision);
        let notice = notice(&explained.decision, explained.index, &features, REASONS_MAX)?;
        let how_to_change = self.phrases.how_to_change(&notice, &features, locale);
        Some(NoticeInWords {
            on_behalf_of: notice.on_behalf_of,
            paid_by: notice.paid_by,
            main_parameters: notice.main_parameters,
            how_to_change,
            dsa: notice.dsa,
        })
    }

    /// The features of a decision, in its own order: those of the schema at hand, by name.
    #[must_use]
    pub fn features_of(&self, decision: &Decision) -> Cow<'_, [Feature]> {
        if decision.versions.schema == self.schema.hash {
            return Cow::Borrowed(&self.schema.features);
        }
        // A feature that the schema no longer has keeps its name; the rest of it is not known.
        let known =
            |name: &String| self.schema.feature(name).map(|id| self.schema.features[id.index()].clone());
        let features =
            decision.features.iter().map(|name| known(name).unwrap_or_else(|| Feature::retired(name)));
        features.collect()
    }
}

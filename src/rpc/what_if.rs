//! `ExplanationService`: `Compare`, `WhatIf` and `FindChanges`.

use tonic::{Request, Response, Status};

use super::caller::caller_of;
use super::status::Fields;
use super::{Service, pb};
use crate::decide::Compared;
use crate::domain::{AdId, DecisionId, FieldError, Nats, Push, TenantId};
use crate::explain::{BID_CODE, Precision};

/// Most data that one question leaves out.
const DATA_MAX: usize = 20;
/// The code of what the product adds of its own.
const POLICY_CODE: &str = "policy";

impl Service {
    pub(super) async fn compare_ads(
        &self,
        request: Request<pb::CompareRequest>,
    ) -> Result<Response<pb::CompareResponse>, Status> {
        use pb::compare_request::NamedBy;
        let caller = caller_of(&request);
        let request = request.into_inner();
        if let Some(NamedBy::Logged(logged)) = &request.named_by {
            caller.opens_decisions(&logged.tenant)?;
        }
        let (locale, _) = self.engine.phrases().language_of(&request.locale);
        let mut fields = Fields::default();
        let asked = (!request.other_ad_id.is_empty()).then(|| {
            fields.take(
                AdId::parse(&request.other_ad_id).map_err(|error| FieldError::new("other_ad_id", error.rule)),
            )
        });
        let (compared, is_exact) = match request.named_by {
            Some(NamedBy::Token(token)) => {
                let other: Option<AdId> = fields.finish(Some(asked.flatten()))?;
                let compared = self.engine.compare(&token, other.as_ref()).await?;
                (compared, false)
            }
            Some(NamedBy::Logged(logged)) => {
                let under = |error: FieldError| error.under("logged");
                let tenant = fields.take(TenantId::parse(&logged.tenant).map_err(under));
                let id = fields.take(DecisionId::parse(&logged.decision_id).map_err(under));
                let ad = fields.take(AdId::parse(&logged.ad_id).map_err(under));
                let named = tenant.zip(id).zip(ad);
                let (((tenant, id), ad), other) = fields.finish(named.zip(Some(asked.flatten())))?;
                (self.engine.compare_logged(&tenant, id, &ad, other.as_ref()).await?, true)
            }
            None => {
                fields.refuse("named_by", "must be given: a token or a logged ad");
                return fields.finish(None);
            }
        };
        let (phrases, features) = (self.engine.phrases(), self.engine.features_of(&compared.decision));
        let bid = compared.bid();
        let total: Nats = compared.groups.iter().map(|group| group.difference).sum();
        let differences = compared.groups.iter().map(|group| {
            let more = group.difference > Nats::ZERO;
            let (code, text) = match &group.push {
                Push::Datum(code) => (code.as_str(), phrases.contrast(code, more, &features, locale)),
                Push::Bid => (BID_CODE, phrases.contrast_of_bids(more, locale)),
                Push::Policy => (POLICY_CODE, String::new()),
            };
            let told =
                is_exact || (compared.precision == Precision::Exact && matches!(group.push, Push::Datum(_)));
            pb::Difference {
                code: code.to_owned(),
                units: if told { group.difference.units() } else { 0 },
                more,
                text,
            }
        });
        Ok(Response::new(pb::CompareResponse {
            ad_id: ad_at(&compared, compared.index),
            other_ad_id: ad_at(&compared, compared.other),
            differences: differences.collect(),
            difference_units: if is_exact { total.units() } else { 0 },
            bid: match bid.cmp(&Nats::ZERO) {
                std::cmp::Ordering::Greater => pb::BidStanding::Higher,
                std::cmp::Ordering::Less => pb::BidStanding::Lower,
                std::cmp::Ordering::Equal => pb::BidStanding::Equal,
            }
            .into(),
            locale: locale.tag().to_owned(),
        }))
    }

    pub(super) async fn decide_without(
        &self,
        request: Request<pb::WhatIfRequest>,
    ) -> Result<Response<pb::WhatIfResponse>, Status> {
        let request = request.into_inner();
        let (locale, _) = self.engine.phrases().language_of(&request.locale);
        let mut fields = Fields::default();
        if request.without_data.len() > DATA_MAX {
            let rule = format!("must be at most {DATA_MAX}, are {}", request.without_data.len());
            fields.refuse("without_data", rule);
            return fields.finish(None);
        }
        let without = self.engine.without(&request.token, &request.without_data).await?;
        let ad = &without.before.ranked[without.index].ad;
        let rank = without.after.ranked.iter().position(|ranked| ranked.ad.id == ad.id);
        let first = without.after.ranked.first().map(|first| &first.ad);
        let features = self.engine.features_of(&without.before);
        Ok(Response::new(pb::WhatIfResponse {
            ad_id: ad.id.to_string(),
            changes: without.changes,
            rank: rank.map_or(0, |rank| i32::try_from(rank + 1).unwrap_or(i32::MAX)),
            first_ad_id: first.map(|first| first.id.to_string()).unwrap_or_default(),
            first_advertiser: first.map(|first| first.advertiser.clone()).unwrap_or_default(),
            text: self.engine.phrases().change(&request.without_data, without.instead(), &features, locale),
            locale: locale.tag().to_owned(),
        }))
    }

    pub(super) async fn search_changes(
        &self,
        request: Request<pb::FindChangesRequest>,
    ) -> Result<Response<pb::FindChangesResponse>, Status> {
        let request = request.into_inner();
        let (locale, _) = self.engine.phrases().language_of(&request.locale);
        let (decision, flips) = self.engine.what_would_change(&request.token).await?;
        let (phrases, features) = (self.engine.phrases(), self.engine.features_of(&decision));
        let changes = flips.sets.iter().map(|flip| pb::SmallestChange {
            data: flip.data.clone(),
            first_ad_id: flip.instead.as_ref().map(|ad| ad.id.to_string()).unwrap_or_default(),
            first_advertiser: flip.instead.as_ref().map(|ad| ad.advertiser.clone()).unwrap_or_default(),
            text: phrases.change(&flip.data, flip.instead(), &features, locale),
        });
        Ok(Response::new(pb::FindChangesResponse {
            changes: changes.collect(),
            all_together: flips.all_together,
            complete: flips.complete,
            text: phrases.sought(flips.sought(), locale),
            locale: locale.tag().to_owned(),
            controls: flips.controls,
        }))
    }
}

fn ad_at(compared: &Compared, place: usize) -> String {
    compared.decision.ranked[place].ad.id.to_string()
}

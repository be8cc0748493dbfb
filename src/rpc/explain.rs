//! `ExplanationService`: `Explain` and `GetNotice`.

use tonic::{Request, Response, Status};

use super::account::{account, timestamp, verdict};
use super::recommend::{percent, reasons};
use super::{Service, pb};
use crate::explain::{Baseline, Precision, Walk, WalkStep};

#[tonic::async_trait]
impl pb::explanation_service_server::ExplanationService for Service {
    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let request = request.into_inner();
        let (locale, fell_back) = self.engine.phrases().language_of(&request.locale);
        let explained = self.engine.explain(&request.token).await?;
        let (decision, explanation) = (&explained.decision, &explained.explanation);
        let ad = &decision.ranked[explained.index];
        let exact = explained.precision == Precision::Exact;
        let walks = if request.probabilities { self.engine.walks(&explained)? } else { Vec::new() };
        let note = self.engine.phrases().text("probability-order", locale);
        Ok(Response::new(pb::ExplainResponse {
            decision_id: decision.id.to_string(),
            decided_at: Some(timestamp(decision.at)),
            ad_id: ad.ad.id.to_string(),
            headline: self.engine.headline(decision, explanation, locale, explained.precision),
            reasons: reasons(&self.engine, decision, explanation, locale, Some(explained.precision)),
            named_share: if exact { explanation.named_share } else { percent(explanation.named_share) },
            compared_with: match explanation.baseline {
                Baseline::OtherAds { others } => i32::try_from(others).unwrap_or(i32::MAX),
                Baseline::TrainingMean => 0,
            },
            common: explanation.common.iter().map(|common| common.code.clone()).collect(),
            verdicts: explained.verdicts.iter().map(|v| verdict(*v, &decision.features)).collect(),
            account: exact.then(|| account(&ad.account, &decision.features)),
            locale: locale.tag().to_owned(),
            locale_fell_back: fell_back,
            exact,
            model_versions: decision.versions.models.iter().map(|(_, version)| version.to_string()).collect(),
            probability_walks: walks.iter().map(|walk| probability_walk(walk, &note)).collect(),
        }))
    }

    async fn get_notice(
        &self,
        request: Request<pb::GetNoticeRequest>,
    ) -> Result<Response<pb::GetNoticeResponse>, Status> {
        let request = request.into_inner();
        let (locale, _) = self.engine.phrases().language_of(&request.locale);
        let explained = self.engine.explain(&request.token).await?;
        let notice = self.engine.notice(&explained, locale).ok_or_else(|| Status::not_found("no such ad"))?;
        let transparency = notice.dsa.transparency.iter().map(|party| pb::DsaTransparency {
            domain: party.domain.clone(),
            dsaparams: party.dsaparams.iter().map(|&param| i32::from(param)).collect(),
        });
        let dsa = pb::Dsa {
            behalf: notice.dsa.behalf.clone(),
            paid: notice.dsa.paid.clone(),
            adrender: i32::from(notice.dsa.adrender),
            transparency: transparency.collect(),
        };
        Ok(Response::new(pb::GetNoticeResponse {
            notice: Some(pb::Notice {
                on_behalf_of: notice.on_behalf_of,
                paid_by: notice.paid_by,
                main_parameters: notice.main_parameters,
                how_to_change: notice.how_to_change,
                dsa: Some(dsa),
                decided_at: Some(timestamp(explained.decision.at)),
            }),
        }))
    }

    async fn compare(
        &self,
        request: Request<pb::CompareRequest>,
    ) -> Result<Response<pb::CompareResponse>, Status> {
        self.compare_ads(request).await
    }

    async fn what_if(
        &self,
        request: Request<pb::WhatIfRequest>,
    ) -> Result<Response<pb::WhatIfResponse>, Status> {
        self.decide_without(request).await
    }

    async fn find_changes(
        &self,
        request: Request<pb::FindChangesRequest>,
    ) -> Result<Response<pb::FindChangesResponse>, Status> {
        self.search_changes(request).await
    }
}

fn probability_walk(walk: &Walk, note: &str) -> pb::ProbabilityWalk {
    pb::ProbabilityWalk {
        response: pb::Response::from(walk.response).into(),
        order: pb::WalkOrder::LargestFirst.into(),
        note: note.to_owned(),
        baseline: share(walk.baseline),
        baseline_units: walk.baseline,
        steps: walk.steps.iter().map(probability_step).collect(),
        probability: share(walk.end()),
        probability_units: walk.end(),
    }
}

fn probability_step(step: &WalkStep) -> pb::ProbabilityStep {
    pb::ProbabilityStep {
        code: step.code.clone(),
        contribution_units: step.contribution.units(),
        change: share(step.change),
        change_units: step.change,
    }
}

/// Units of 2^-32 as a share.
fn share(units: i64) -> f64 {
    units as f64 / 4_294_967_296.0
}

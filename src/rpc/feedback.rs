//! `FeedbackService`: what people say of ads, and what is answered.

use tonic::{Request, Response, Status};

use super::account::timestamp;
use super::caller::caller_of;
use super::models::page_size;
use super::status::{Fields, invalid, tenant};
use super::{Service, pb, to_the_end};
use crate::decide::{ConcernIn, Replayed};
use crate::domain::{
    ANSWER_DAYS, ConcernId, ConcernOutcome, ConcernTopic, FeedbackKind, FieldError, TenantId,
};
use crate::ledger::Concern;

#[tonic::async_trait]
impl pb::feedback_service_server::FeedbackService for Service {
    async fn submit_feedback(
        &self,
        request: Request<pb::SubmitFeedbackRequest>,
    ) -> Result<Response<pb::SubmitFeedbackResponse>, Status> {
        let request = request.into_inner();
        let kind = feedback_kind(request.kind()).ok_or_else(|| {
            invalid(&FieldError::new("kind", format!("must be stated, is {}", request.kind)).into())
        })?;
        let is_new = self.engine.submit_feedback(&request.token, kind).await?;
        Ok(Response::new(pb::SubmitFeedbackResponse { repeated_call: !is_new }))
    }

    async fn get_feedback(
        &self,
        request: Request<pb::GetFeedbackRequest>,
    ) -> Result<Response<pb::GetFeedbackResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.check_tenant(&request.tenant)?;
        let tenant = tenant(&request.tenant)?;
        let wide = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = self.engine.feedback(&tenant).await?.into_iter().map(|count| pb::FeedbackCount {
            kind: pb::FeedbackKind::from(count.kind).into(),
            people: wide(count.people),
            ads: wide(count.ads),
        });
        Ok(Response::new(pb::GetFeedbackResponse { counts: counts.collect() }))
    }

    async fn raise_concern(
        &self,
        request: Request<pb::RaiseConcernRequest>,
    ) -> Result<Response<pb::RaiseConcernResponse>, Status> {
        let request = request.into_inner();
        let mut fields = Fields::default();
        let id = fields.take(ConcernId::parse(&request.concern_id));
        let topic = topic(request.topic());
        if topic.is_none() {
            fields.refuse("topic", format!("must be stated, is {}", request.topic));
        }
        let (id, topic) = fields.finish(id.zip(topic))?;
        let incoming = ConcernIn { id, topic, text: request.text };
        let engine = self.engine.clone();
        let raising = async move { engine.raise_concern(&request.token, incoming).await };
        let (concern, repeated_call) = to_the_end(raising).await?;
        let concern = Some(self.checked(concern).await?);
        Ok(Response::new(pb::RaiseConcernResponse { concern, repeated_call }))
    }

    async fn get_concern(
        &self,
        request: Request<pb::GetConcernRequest>,
    ) -> Result<Response<pb::GetConcernResponse>, Status> {
        let request = request.into_inner();
        let mut fields = Fields::default();
        let id = fields.take(ConcernId::parse(&request.concern_id));
        let id = fields.finish(id)?;
        let concern = self.engine.concern(&request.token, &id).await?;
        Ok(Response::new(pb::GetConcernResponse { concern: Some(self.checked(concern).await?) }))
    }

    async fn list_concerns(
        &self,
        request: Request<pb::ListConcernsRequest>,
    ) -> Result<Response<pb::ListConcernsResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.check_tenant(&request.tenant)?;
        let tenant = tenant(&request.tenant)?;
        let size = page_size(request.page_size, 200)?;
        let after = match request.page_token.as_str() {
            "" => 0,
            text => text.parse::<u64>().map_err(|_| {
                invalid(&FieldError::new("page_token", "must come from an earlier answer").into())
            })?,
        };
        let limit = u32::try_from(size).unwrap_or(u32::MAX);
        let mut page =
            self.engine.concerns(&tenant, request.open_only, after, limit.saturating_add(1)).await?;
        let more = page.len() > size;
        page.truncate(size);
        let next = page.last().filter(|_| more).map(|last| last.seq.to_string());
        let mut concerns = Vec::with_capacity(page.len());
        for concern in page {
            concerns.push(self.checked(concern).await?);
        }
        Ok(Response::new(pb::ListConcernsResponse { concerns, next_page_token: next.unwrap_or_default() }))
    }

    async fn resolve_concern(
        &self,
        request: Request<pb::ResolveConcernRequest>,
    ) -> Result<Response<pb::ResolveConcernResponse>, Status> {
        let caller = caller_of(&request);
        let request = request.into_inner();
        caller.check_tenant(&request.tenant)?;
        let mut fields = Fields::default();
        let tenant = fields.take(TenantId::parse(&request.tenant));
        let id = fields.take(ConcernId::parse(&request.concern_id));
        let outcome = outcome(request.outcome());
        if outcome.is_none() {
            fields.refuse("outcome", format!("must be stated, is {}", request.outcome));
        }
        let ((tenant, id), outcome) = fields.finish(tenant.zip(id).zip(outcome))?;
        let concern = self.engine.resolve_concern(&tenant, &id, outcome, &request.answer).await?;
        Ok(Response::new(pb::ResolveConcernResponse { concern: Some(self.checked(concern).await?) }))
    }
}

impl Service {
    /// A concern with what its decision comes to, made again.
    async fn checked(&self, concern: Concern) -> Result<pb::Concern, Status> {
        let remade = match self.engine.check_concern(&concern).await? {
            Replayed::Identical(_) => pb::ReplayOutcome::Identical,
            Replayed::Differs(_) => pb::ReplayOutcome::Differs,
            Replayed::Erased => pb::ReplayOutcome::Erased,
            Replayed::Expired(_) => pb::ReplayOutcome::Expired,
        };
        Ok(pb::Concern { remade: remade.into(), ..concern.into() })
    }
}

impl From<Concern> for pb::Concern {
    fn from(concern: Concern) -> Self {
        let (answer, answered_at) = match concern.answer {
            Some(answer) => (answer.text, Some(timestamp(answer.at))),
            None => (String::new(), None),
        };
        Self {
            concern_id: concern.id.to_string(),
            decision_id: concern.decision.to_string(),
            topic: pb::ConcernTopic::from(concern.topic).into(),
            raised_at: Some(timestamp(concern.at)),
            due_at: Some(timestamp(concern.at.plus_days(ANSWER_DAYS))),
            text: concern.text.unwrap_or_default(),
            outcome: concern.outcome.map_or(pb::ConcernOutcome::Unspecified, Into::into).into(),
            answer,
            answered_at,
            remade: pb::ReplayOutcome::Unspecified.into(),
        }
    }
}

const fn feedback_kind(kind: pb::FeedbackKind) -> Option<FeedbackKind> {
    match kind {
        pb::FeedbackKind::Unspecified => None,
        pb::FeedbackKind::Clear => Some(FeedbackKind::Clear),
        pb::FeedbackKind::Unclear => Some(FeedbackKind::Unclear),
        pb::FeedbackKind::Relevant => Some(FeedbackKind::Relevant),
        pb::FeedbackKind::NotRelevant => Some(FeedbackKind::NotRelevant),
        pb::FeedbackKind::Dismissed => Some(FeedbackKind::Dismissed),
    }
}

impl From<FeedbackKind> for pb::FeedbackKind {
    fn from(kind: FeedbackKind) -> Self {
        match kind {
            FeedbackKind::Clear => Self::Clear,
            FeedbackKind::Unclear => Self::Unclear,
            FeedbackKind::Relevant => Self::Relevant,
            FeedbackKind::NotRelevant => Self::NotRelevant,
            FeedbackKind::Dismissed => Self::Dismissed,
        }
    }
}

const fn topic(topic: pb::ConcernTopic) -> Option<ConcernTopic> {
    match topic {
        pb::ConcernTopic::Unspecified => None,
        pb::ConcernTopic::WrongReason => Some(ConcernTopic::WrongReason),
        pb::ConcernTopic::UnwantedData => Some(ConcernTopic::UnwantedData),
        pb::ConcernTopic::Unfair => Some(ConcernTopic::Unfair),
        pb::ConcernTopic::Content => Some(ConcernTopic::Content),
        pb::ConcernTopic::Unclear => Some(ConcernTopic::Unclear),
        pb::ConcernTopic::Other => Some(ConcernTopic::Other),
    }
}

impl From<ConcernTopic> for pb::ConcernTopic {
    fn from(topic: ConcernTopic) -> Self {
        match topic {
            ConcernTopic::WrongReason => Self::WrongReason,
            ConcernTopic::UnwantedData => Self::UnwantedData,
            ConcernTopic::Unfair => Self::Unfair,
            ConcernTopic::Content => Self::Content,
            ConcernTopic::Unclear => Self::Unclear,
            ConcernTopic::Other => Self::Other,
        }
    }
}

const fn outcome(outcome: pb::ConcernOutcome) -> Option<ConcernOutcome> {
    match outcome {
        pb::ConcernOutcome::Unspecified => None,
        pb::ConcernOutcome::Upheld => Some(ConcernOutcome::Upheld),
        pb::ConcernOutcome::Explained => Some(ConcernOutcome::Explained),
    }
}

impl From<ConcernOutcome> for pb::ConcernOutcome {
    fn from(outcome: ConcernOutcome) -> Self {
        match outcome {
            ConcernOutcome::Upheld => Self::Upheld,
            ConcernOutcome::Explained => Self::Explained,
        }
    }
}

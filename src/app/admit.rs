//! Each call passes the admission before anything else of it is looked at: who, what, how much, written down.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_stream::StreamExt;
use tonic::Status;

use super::connections::Peer;
use super::metrics::code_name;
use crate::admission::{Admission, Asked, Door, Shed};
use crate::decide::Engine;

/// The metadata with which a steward states what for.
const PURPOSE: &str = "limpid-purpose";

/// Bytes before each message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Lets calls in at one listener.
#[derive(Clone)]
pub(super) struct Entrance {
    pub(super) admission: Arc<Admission>,
    pub(super) engine: Arc<Engine>,
    pub(super) door: Door,
}

/// Lets a call in, or answers it as refused.
pub(super) async fn admit_call(
    State(entrance): State<Entrance>,
    mut request: Request,
    next: Next,
) -> Response {
    let Entrance { admission, engine, door } = entrance;
    let call = request.uri().path().trim_start_matches('/').to_owned();
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let purpose = request.headers().get(PURPOSE).cloned();
    let peer = request.extensions().get::<Peer>().copied();
    let asked = Asked {
        door,
        call: &call,
        authorization: authorization.as_ref().map(HeaderValue::as_bytes),
        purpose: purpose.as_ref().map(HeaderValue::as_bytes),
        address: peer.and_then(|peer| peer.address),
        certificate: peer.and_then(|peer| peer.certificate),
    };
    let mut admitted = match admission.admit(&asked, engine.now()).await {
        Ok(admitted) => admitted,
        Err(refused) => return Status::from(refused).into_http(),
    };
    request.extensions_mut().insert(admitted.caller.clone());
    let request = measured(request, admitted.message_bytes as usize);
    let limit = Duration::from_secs(admitted.seconds_max.into());
    let answer = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => Status::deadline_exceeded("the call took longer than its role may").into_http(),
    };
    let outcome = code_name(answer.headers());
    match admission.answered(&mut admitted, outcome, engine.now()).await {
        Ok(()) => answer,
        Err(refused) => Status::from(refused).into_http(),
    }
}

/// Lets a page be asked for, or says when it may be.
pub(super) async fn admit_page(State(entrance): State<Entrance>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Peer>().and_then(|peer| peer.address);
    match entrance.admission.admit_page(address, entrance.engine.now()).await {
        Ok(_place) => next.run(request).await,
        Err(Shed::Calls(seconds) | Shed::Cost(seconds) | Shed::Busy(seconds)) => {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            (StatusCode::TOO_MANY_REQUESTS, headers, "too many requests\n").into_response()
        }
    }
}

/// The request, whose messages are refused as soon as one says that it is longer than `most` bytes.
fn measured(request: Request, most: usize) -> Request {
    let (head, body) = request.into_parts();
    let mut measure = Measure { most, prefix: Vec::with_capacity(PREFIX), left: 0 };
    let chunks = body.into_data_stream().map(move |chunk| -> Result<Bytes, axum::BoxError> {
        let chunk = chunk?;
        measure.take(&chunk)?;
        Ok(chunk)
    });
    Request::from_parts(head, Body::from_stream(chunks))
}

/// How far a stream of messages has come.
struct Measure {
    most: usize,
    /// What there is of the prefix of the next message.
    prefix: Vec<u8>,
    /// Bytes of the present message that are still to come.
    left: usize,
}

impl Measure {
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        while !bytes.is_empty() {
            let inside = self.left.min(bytes.len());
            self.left -= inside;
            bytes = &bytes[inside..];
            let of_prefix = (PREFIX - self.prefix.len()).min(bytes.len());
            self.prefix.extend_from_slice(&bytes[..of_prefix]);
            bytes = &bytes[of_prefix..];
            if let [_, a, b, c, d] = self.prefix[..] {
                self.prefix.clear();
                self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                if self.left > self.most {
                    let text = format!("message: must be at most {} bytes, has {}", self.most, self.left);
                    return Err(Status::resource_exhausted(text));
                }
            }
        }
        Ok(())
    }
}

/// Whether only this machine reaches an address.
#[must_use]
pub fn is_of_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        let mut message = vec![0];
        message.extend_from_slice(&u32::try_from(bytes).unwrap().to_be_bytes());
        message.resize(PREFIX + bytes, 7);
        message
    }

    proptest! {
        #[test]
        fn messages_are_measured_however_they_are_cut(
            lengths in prop::collection::vec(0_usize..40, 1..8),
            cut in 1_usize..20,
        ) {
            let stream: Vec<u8> = lengths.iter().flat_map(|&length| message(length)).collect();
            let mut measure = Measure { most: 30, prefix: Vec::new(), left: 0 };
            let refused = stream.chunks(cut).any(|chunk| measure.take(chunk).is_err());
            prop_assert_eq!(refused, lengths.iter().any(|&length| length > 30));
        }
    }
}

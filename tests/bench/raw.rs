//! Calls whose messages stay as they travel: encoded before they are sent, and decoded after all else.
//!
//! So a generator spends its time on sending, as one on another machine would.

use http::uri::PathAndQuery;
use prost::bytes::{Buf, BufMut, Bytes};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Asks for a recommendation.
pub(crate) const RECOMMEND: &str = "/limpid.v1.RecommendationService/Recommend";
/// Asks whether the service is there, which takes no work: what the way to it costs.
pub(crate) const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A call; the response as it came.
pub(crate) async fn call(channel: Channel, path: &'static str, request: Bytes) -> Result<Bytes, Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    Ok(client.unary(Request::new(request), PathAndQuery::from_static(path), Raw).await?.into_inner())
}

/// Leaves messages as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

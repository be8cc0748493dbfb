//! A service that knows its callers, the tokens that it is shown, and any call of the API made by its descriptor alone.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use limpid::admission::signing::Signer;
use limpid::admission::{Admission, CallerClaims, CallerSigner, LimitConfig, Limits, Role, Trail, key_entry};
use limpid::app::{self, Listeners, Listening, Serving};
use limpid::domain::{TenantId, Timestamp};
use limpid::fairness::LabelFolder;
use limpid::web::Framing;
use prost::bytes::{Buf, BufMut};
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::asked_by_token::pool;
use super::place::tenant;
use super::service::{NOON, Service, at, channel};

/// A service whose callers show tokens, with a private and a public port.
pub(crate) struct Guarded {
    pub(crate) service: Service,
    pub(crate) signer: CallerSigner,
    pub(crate) keys_file: PathBuf,
    pub(crate) trail: Arc<Trail>,
    pub(crate) private: SocketAddr,
    pub(crate) public: SocketAddr,
    pub(crate) channel: Channel,
    served: JoinHandle<()>,
}

impl Guarded {
    /// With the limits of a role as they are.
    pub(crate) async fn start() -> Self {
        Self::limited("").await
    }

    /// With what differs of the limits.
    pub(crate) async fn limited(limits: &str) -> Self {
        let service = Service::start().await;
        let signer = signer();
        let keys_file = service.place().path().join("callers.toml");
        fs::write(&keys_file, entry(&signer)).unwrap();
        let limits = Limits::of(&LimitConfig::parse(limits).unwrap()).unwrap();
        let trail = Arc::new(Trail::open(&service.place().data()).unwrap());
        let admission = Admission::by_keys(keys_file.clone(), "limpid", limits).unwrap();
        let admission = Arc::new(admission.with_trail(trail.clone()));
        let (inside, outside) = (bound().await, bound().await);
        let (private, public) = (inside.local_addr().unwrap(), outside.local_addr().unwrap());
        let serving = Serving {
            framing: Framing::default(),
            admission,
            listeners: Listeners::Apart {
                private: Listening::plain(inside),
                public: Some(Listening::plain(outside)),
            },
            participants: None,
            labels: LabelFolder::at(service.place().labels()),
            drain_max: Duration::from_secs(600),
        };
        let engine = service.engine.clone();
        let served = tokio::spawn(async move {
            app::serve(engine, serving, std::future::pending()).await.unwrap();
        });
        let channel = channel(private);
        Self { service, signer, keys_file, trail, private, public, channel, served }
    }

    /// A token of these roles for the tenant of the example.
    pub(crate) fn token(&self, roles: &[Role]) -> String {
        self.signer.sign("limpid", &claims(&self.signer, roles))
    }

    /// Makes a call with a token of these roles, for a stated purpose.
    pub(crate) async fn call(
        &self,
        call: &str,
        message: &DynamicMessage,
        roles: &[Role],
    ) -> Result<(), Status> {
        call_with(
            &self.channel,
            call,
            message,
            &[("authorization", &bearer(&self.token(roles))), ("limpid-purpose", "a concern of the person")],
        )
        .await
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.served.abort();
    }
}

async fn bound() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

pub(crate) fn signer() -> CallerSigner {
    CallerSigner::new(Signer::fresh().unwrap())
}

/// The entry of a signer in a file of keys.
pub(crate) fn entry(signer: &CallerSigner) -> String {
    key_entry(&signer.key().public_key(), None, &[])
}

/// What a token for the example says, at noon for an hour.
pub(crate) fn claims(signer: &CallerSigner, roles: &[Role]) -> CallerClaims {
    claims_at(signer, roles, at(NOON))
}

pub(crate) fn claims_at(signer: &CallerSigner, roles: &[Role], issued_at: Timestamp) -> CallerClaims {
    CallerClaims {
        tenant: tenant(),
        roles: roles.to_vec(),
        id: "token-1".to_owned(),
        issued_at,
        expires_at: issued_at.plus_seconds(3600),
        certificate: None,
        key: signer.key().key_id(),
    }
}

pub(crate) fn of_tenant(claims: CallerClaims, name: &str) -> CallerClaims {
    CallerClaims { tenant: TenantId::parse(name).unwrap(), ..claims }
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The method of a call that is named `limpid.v1.Service/Call`; None when it is no call of ours.
pub(crate) fn method(call: &str) -> Option<MethodDescriptor> {
    let (service, name) = call.split_once('/').unwrap();
    pool().get_service_by_name(service)?.methods().find(|method| method.name() == name)
}

/// The request of a call with nothing in it.
pub(crate) fn empty(call: &str) -> DynamicMessage {
    DynamicMessage::new(method(call).unwrap().input())
}

/// A request of the call for each way to fill in one of its string fields, at any depth, with `text`: the path of the field and
/// the request. Of a list or a map it is the first entry.
pub(crate) fn with_text(
    message: &MessageDescriptor,
    text: &str,
    fits: &dyn Fn(&str) -> bool,
) -> Vec<(String, DynamicMessage)> {
    let mut found = Vec::new();
    for field in message.fields() {
        let mut set = |path: String, value: Value| {
            let mut whole = DynamicMessage::new(message.clone());
            let value = if field.is_list() { Value::List(vec![value]) } else { value };
            whole.set_field(&field, value);
            found.push((path, whole));
        };
        let name = field.name().to_owned();
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!() };
            let value_field = entry.map_entry_value_field();
            let mut map = |path: &str, key: &str, value: Value| {
                if fits(path) {
                    let mut whole = DynamicMessage::new(message.clone());
                    let key = prost_reflect::MapKey::String(key.to_owned());
                    whole.set_field(&field, Value::Map([(key, value)].into()));
                    found.push((path.to_owned(), whole));
                }
            };
            map(&format!("{name}.key"), text, Value::default_value_for_field(&value_field));
            match value_field.kind() {
                Kind::String => map(&format!("{name}.value"), "category", Value::String(text.to_owned())),
                Kind::Message(inner) => {
                    for (path, value) in with_text(&inner, text, fits) {
                        map(&format!("{name}.{path}"), "page", Value::Message(value));
                    }
                }
                _ => {}
            }
            continue;
        }
        match field.kind() {
            Kind::String if fits(&name) => set(name, Value::String(text.to_owned())),
            Kind::Message(inner) if inner.package_name() == "limpid.v1" => {
                for (path, value) in with_text(&inner, text, fits) {
                    set(format!("{name}.{path}"), Value::Message(value));
                }
            }
            _ => {}
        }
    }
    found
}

/// Makes a call with metadata; streams are asked with one message, and heard to the first answer.
pub(crate) async fn call_with(
    channel: &Channel,
    call: &str,
    message: &DynamicMessage,
    metadata: &[(&str, &str)],
) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::new(Code::Unavailable, error.to_string()))?;
    let mut request = Request::new(tokio_stream::iter([message.encode_to_vec()]));
    for (name, value) in metadata {
        let name = tonic::metadata::MetadataKey::from_bytes(name.as_bytes()).unwrap();
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    let path = format!("/{call}").parse().unwrap();
    let mut answer = client.streaming(request, path, Bytes).await?.into_inner();
    answer.message().await.map(drop)
}

/// Messages as their bytes.
#[derive(Clone, Copy)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

//! Stopping: calls under way finish, new ones are refused, and nobody can hold the process for ever.

use std::time::Duration;

use limpid::rpc::pb::{self, event_service_client::EventServiceClient};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::asking::{about_nobody, purchase};
use super::binary::Serving;
use super::service::{Service, channel, recommender};

/// Events that the service makes durable while a stream goes on.
const BATCH: usize = 256;

/// Waits until something holds; a test that waits for ever has failed.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    while !holds().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A stream of events that is under way: its sender, and the call.
fn open_stream(
    channel: &tonic::transport::Channel,
) -> (
    mpsc::Sender<pb::RecordEventsRequest>,
    tokio::task::JoinHandle<Result<tonic::Response<pb::RecordEventsResponse>, tonic::Status>>,
) {
    let (events, stream) = mpsc::channel(2 * BATCH);
    let mut client = EventServiceClient::new(channel.clone());
    let call = tokio::spawn(async move { client.record_events(ReceiverStream::new(stream)).await });
    (events, call)
}

#[tokio::test]
async fn a_call_under_way_finishes_and_new_ones_are_refused() {
    let mut service = Service::start().await;
    let (events, call) = open_stream(&service.channel);
    for number in 0..BATCH {
        events.send(purchase(&format!("e-{number}"), "stranger", "TEA", 3)).await.unwrap();
    }
    let store = service.store.clone();
    until(async || store.events(0, 1).await.unwrap().len() == 1).await;

    service.begin_stop();
    let address = service.address;
    until(async || TcpStream::connect(address).await.is_err()).await;
    let refused = recommender(&channel(address)).recommend(about_nobody("late")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);

    events.send(purchase("last", "stranger", "TEA", 3)).await.unwrap();
    drop(events);
    let tally = call.await.unwrap().unwrap().into_inner();
    assert_eq!(usize::try_from(tally.recorded).unwrap(), BATCH + 1);
    let service = service.restart().await;
    assert_eq!(service.record([purchase("last", "stranger", "TEA", 3)]).await.unwrap().known, 1);
}

#[tokio::test]
async fn connections_without_a_call_do_not_hold_the_service() {
    let service = Service::start().await;
    let silent = TcpStream::connect(service.address).await.unwrap();
    let mut kept_alive = TcpStream::connect(service.address).await.unwrap();
    kept_alive.write_all(b"GET /healthz HTTP/1.1\r\nhost: limpid\r\n\r\n").await.unwrap();
    kept_alive.readable().await.unwrap();
    let idle = channel(service.address);
    recommender(&idle).recommend(about_nobody("i-1")).await.unwrap();
    service.stop().await;
    drop((silent, kept_alive, idle));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signals_end_the_process_well() {
    let place = Service::start().await.stop().await;
    for signal in ["INT", "TERM"] {
        let serving = Serving::start(&place, &[]);
        let answer = recommender(&channel(serving.address)).recommend(about_nobody(signal)).await.unwrap();
        assert!(!answer.get_ref().repeated_call);
        serving.signal(signal);
        let (printed, status) = serving.wait();
        assert_eq!((status.code(), printed.as_str()), (Some(0), "Drained and closed.\n"), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_never_ends_its_stream_is_given_up() {
    let place = Service::start().await.stop().await;
    let serving = Serving::start(&place, &["--drain-seconds", "1"]);
    let (events, call) = open_stream(&channel(serving.address));
    for number in 0..=BATCH {
        events.send(purchase(&format!("e-{number}"), "stranger", "TEA", 3)).await.unwrap();
    }
    // Until the transport has taken them all.
    until(async || events.capacity() == events.max_capacity()).await;
    serving.signal("TERM");
    let (printed, status) = serving.wait();
    assert_eq!((status.code(), printed.as_str()), (Some(0), "Drained and closed.\n"));
    assert!(call.await.unwrap().is_err());
    drop(events);
}

//! Streamed answers for those who judge them whole: every piece with its time, and what they were worth together.

use std::sync::Arc;
use std::time::Duration;

use subnetkit_protocol::{ChunkError, ChunkReader, Synapse};
use tokio::task::JoinSet;

use super::stream::Unbegun;
use super::wire::Wire;
use super::{Answers, AskError, Dendrite, EncodedRequest, Endpoint, reply};
use crate::answer::{Answer, Outcome, Piece};
use crate::ledger::PieceRecord;

impl Dendrite {
    /// Asks one miner for a streamed answer, as [`ask_stream`](Self::ask_stream) does, and waits for its end. Only a
    /// stream that came to it, and is the miner's, is [`Outcome::Streamed`]; of any other, [`Answer::partial`] has what
    /// came before. One with more than `max_response_pieces` is left when the first too many comes.
    pub async fn ask_pieces<S: Synapse>(
        &self,
        endpoint: &Endpoint,
        request: &EncodedRequest,
        timeout: Option<Duration>,
    ) -> Result<Answer<S>, AskError> {
        let mut reading = match self.begin_stream(&Wire::of::<S>(), endpoint, request, timeout).await? {
            Ok(reading) => reading,
            Err(Unbegun { failed, timing, evidence }) => {
                let outcome = failed.map(|never| match never {});
                return Ok(Answer { timing, evidence, ..Answer::new(endpoint.hotkey, outcome) });
            }
        };
        reading.keep();
        let limit = self.settings.max_response_pieces;
        let (mut pieces, mut ends) = (Vec::new(), Vec::new());
        let finish = loop {
            match reading.next().await {
                Ok(_) if pieces.len() >= limit => {
                    break reading.broken_off(Outcome::TooManyPieces { limit });
                }
                Ok(value) => {
                    let (at, end) = reading.place();
                    pieces.push(Piece { value, at });
                    ends.push(end);
                }
                Err(finish) => break finish,
            }
        };
        let (timing, evidence) = (finish.timing, finish.evidence);
        let (outcome, partial) = match finish.proven {
            Ok(()) => (Outcome::Streamed { pieces, elapsed: timing.answering }, Vec::new()),
            Err(failed) => (failed.map(|never| match never {}), pieces),
        };
        let body = reading.into_kept();
        Ok(Answer { hotkey: endpoint.hotkey, outcome, timing, partial, body, evidence, ends })
    }

    /// [`ask_pieces`](Self::ask_pieces) of everyone at once, as [`ask_all`](Self::ask_all) does.
    pub fn ask_all_pieces<S: Synapse>(
        self: &Arc<Self>,
        asks: impl IntoIterator<Item = (Endpoint, EncodedRequest)>,
        timeout: Option<Duration>,
    ) -> Answers<S> {
        let mut asking = JoinSet::new();
        for (endpoint, request) in asks {
            let dendrite = Arc::clone(self);
            asking.spawn(async move { dendrite.ask_pieces::<S>(&endpoint, &request, timeout).await });
        }
        Answers::new(asking)
    }
}

/// What the bytes of a stream are worth as pieces of this synapse's response, and why no more of them are. `places` says
/// of each piece where it ends and when it came.
pub(crate) fn read_pieces<S: Synapse>(
    body: &[u8],
    places: &[PieceRecord],
) -> (Vec<Piece<S::Response>>, Option<String>) {
    let mut pieces = Vec::with_capacity(places.len());
    let mut begin = 0;
    for PieceRecord { end, at } in places {
        let mut chunks = ChunkReader::new(S::RESPONSE_ENCODING, body.len());
        chunks.push(body.get(begin..*end).unwrap_or_default());
        match chunks.read() {
            Ok(Some(value)) => pieces.push(Piece { value, at: *at }),
            Ok(None) => return (pieces, Some(ChunkError::Unfinished.to_string())),
            Err(error) => return (pieces, Some(reply::one_line(&error.to_string()))),
        }
        begin = *end;
    }
    (pieces, None)
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, de::DeserializeOwned};
    use subnetkit_protocol::{Encoding, Raw};

    use super::*;

    macro_rules! synapse {
        ($name:ident, $response:ty, $encoding:expr) => {
            struct $name;

            impl Synapse for $name {
                const NAME: &'static str = "pieces";
                const RESPONSE_ENCODING: Encoding = $encoding;
                type Request = ();
                type Response = $response;
            }
        };
    }

    synapse!(Lines, String, Encoding::Json);
    synapse!(Packed, String, Encoding::MessagePack);
    synapse!(Bare, Raw, Encoding::Raw);

    /// Values as a stream, and where they are in it.
    fn written<T: Serialize + DeserializeOwned>(
        encoding: Encoding,
        values: &[T],
    ) -> (Vec<u8>, Vec<PieceRecord>) {
        let (mut body, mut places) = (Vec::new(), Vec::new());
        for value in values {
            body.extend_from_slice(&encoding.encode_chunk(value).unwrap());
            places.push(PieceRecord { end: body.len(), at: Duration::from_nanos(body.len() as u64) });
        }
        (body, places)
    }

    fn is_read_again<S: Synapse<Response: PartialEq + std::fmt::Debug + Clone>>(values: &[S::Response]) {
        let (body, places) = written(S::RESPONSE_ENCODING, values);
        let (pieces, failed) = read_pieces::<S>(&body, &places);
        let expected =
            values.iter().zip(&places).map(|(value, place)| Piece { value: value.clone(), at: place.at });
        assert_eq!(pieces, expected.collect::<Vec<_>>());
        assert_eq!(failed, None);
    }

    #[test]
    fn pieces_are_where_they_were_in_every_encoding() {
        let words = ["one", "two\nlines", ""].map(str::to_owned);
        is_read_again::<Lines>(&words);
        is_read_again::<Packed>(&words);
        // Bytes run together: without the places nothing would tell them apart.
        is_read_again::<Bare>(&[Raw::from(vec![1, 2]), Raw::from(vec![3])]);
    }

    #[test]
    fn what_cannot_be_read_ends_the_pieces_with_a_reason() {
        synapse!(Numbers, u32, Encoding::Json);
        let (body, places) = written(Encoding::Json, &[serde_json::json!(1), serde_json::json!("two")]);
        let (pieces, failed) = read_pieces::<Numbers>(&body, &places);
        assert_eq!((pieces.len(), failed.is_some()), (1, true));
        let (pieces, failed) = read_pieces::<Lines>(b"", &places);
        assert_eq!((pieces.len(), failed.is_some()), (0, true), "a body that is not there");
    }
}

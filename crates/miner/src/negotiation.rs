//! In which encoding a request came, and in which its answer goes.

use axum::http::{HeaderMap, HeaderValue, header};
use subnetkit_protocol::Encoding;

use crate::rejection::{Outcome, Rejection};

/// Signing clients that post bytes often name no content type: that is taken for JSON.
pub(crate) fn request_encoding(headers: &HeaderMap) -> Result<Encoding, Rejection> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Encoding::Json) };
    value.to_str().ok().and_then(Encoding::from_content_type).ok_or_else(|| {
        let message = "the body of a request has to be JSON (application/json), MessagePack (application/msgpack) or \
                       raw bytes (application/octet-stream)";
        Rejection::new(Outcome::UnsupportedMediaType, message)
    })
}

/// What `accept` names with the highest weight, the first of equals; without a known name there, what the request had.
/// Nobody is refused over it: an answer says what it is.
pub(crate) fn response_encoding(headers: &HeaderMap, of_request: Encoding) -> Encoding {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|item| Some((Encoding::from_content_type(item)?, weight(item))))
        .filter(|(_, weight)| *weight > 0.0)
        .fold(None, |best: Option<(Encoding, f32)>, item| match best {
            Some(best) if best.1 >= item.1 => Some(best),
            _ => Some(item),
        })
        .map_or(of_request, |(encoding, _)| encoding)
}

/// The `q` parameter; 1 if there is none, and 0 if it makes no sense.
fn weight(item: &str) -> f32 {
    let quality = item.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    quality
        .map_or(1.0, |value| value.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0))
}

/// Whether the caller reads trailers, and a body's signature can follow it.
pub(crate) fn takes_trailers(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::TE)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case("trailers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_goes_as_accepted_or_as_the_request_came() {
        let answered = |accept: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            response_encoding(&headers, Encoding::Raw)
        };
        assert_eq!(answered(&[]), Encoding::Raw);
        assert_eq!(answered(&["*/*"]), Encoding::Raw);
        assert_eq!(answered(&["text/html, application/json"]), Encoding::Json);
        assert_eq!(answered(&["text/html", "application/msgpack"]), Encoding::MessagePack);
        assert_eq!(answered(&["application/json, application/msgpack"]), Encoding::Json);
        assert_eq!(answered(&["application/json;q=0.5, application/msgpack;q=0.9"]), Encoding::MessagePack);
        assert_eq!(answered(&["application/json; Q=0, application/msgpack;q=0.1"]), Encoding::MessagePack);
        assert_eq!(answered(&["application/json;q=0"]), Encoding::Raw);
        assert_eq!(answered(&["application/json;q=much"]), Encoding::Raw);
    }

    #[test]
    fn trailers_are_taken_where_te_says_so() {
        let takes = |value: &'static str| {
            takes_trailers(&HeaderMap::from_iter([(header::TE, HeaderValue::from_static(value))]))
        };
        assert!(takes("trailers"));
        assert!(takes("gzip, Trailers"));
        assert!(!takes("gzip"));
        assert!(!takes_trailers(&HeaderMap::new()));
    }
}

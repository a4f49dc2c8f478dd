//! A server behind a certificate that nobody has signed.

use std::net::TcpListener;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

const PEM: &[u8] = include_bytes!("self_signed.pem");

/// Its address. It is there until the tests end.
pub fn self_signed() -> String {
    crate::prepare_tls();
    let certificate = CertificateDer::from_pem_slice(PEM).unwrap();
    let key = PrivateKeyDer::from_pem_slice(PEM).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            // Who does not believe the certificate leaves.
            connection.complete_io(&mut stream).ok();
        }
    });
    format!("https://{address}")
}

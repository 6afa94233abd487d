//! Too much handed to the host at once.

use horarium_sdk::prelude::*;
use wasip2::{
    cli::{stderr, stdout},
    filesystem::{
        preopens,
        types::{Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags},
    },
    http::types::{Fields, Method, OutgoingRequest, Scheme},
    sockets::{
        instance_network::instance_network,
        ip_name_lookup::resolve_addresses,
        network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress},
        udp::OutgoingDatagram,
        udp_create_socket::create_udp_socket,
    },
};

/// A text that is too long, and who gets it.
#[args]
struct Shout {
    to: Ear,
    bytes: usize,
}

/// Every function of the host that takes a text or bytes.
#[args]
#[serde(rename_all = "snake_case")]
enum Ear {
    Message,
    Target,
    Place,
    Note,
    Panic,
    Stdout,
    HostName,
    Bytes(OfBytes),
    Path(OfPath),
    Http(OfHttp),
}

/// Another function that takes bytes.
#[args]
#[serde(rename_all = "snake_case")]
enum OfBytes {
    Stderr,
    File,
    Datagram,
}

/// A function that takes a path.
#[args]
#[serde(rename_all = "snake_case")]
enum OfPath {
    Open,
    Stat,
    Hash,
    SetTimes,
    CreateDirectory,
    RemoveDirectory,
    Unlink,
    ReadLink,
    LinkFrom,
    LinkTo,
    RenameFrom,
    RenameTo,
    SymlinkTarget,
    SymlinkName,
}

/// A function that takes a part of a request.
#[args]
#[serde(rename_all = "snake_case")]
enum OfHttp {
    HeaderName,
    HeaderValue,
    HeaderList,
    Method,
    Scheme,
    Authority,
    Path,
    Body,
}

/// Hands a single huge text to the host.
#[task]
fn shout(Shout { to, bytes }: Shout) {
    let text = String::from_utf8(vec![0; bytes]).unwrap_or_default();
    match to {
        Ear::Message => log::info!("{text}"),
        Ear::Target => log::info!(target: &text, "small"),
        Ear::Place => logged_at(&text),
        Ear::Note => progress::note(&text),
        Ear::Panic => panic!("{text}"),
        Ear::Stdout => ignore(stdout::get_stdout().write(text.as_bytes())),
        Ear::HostName => ignore(resolve_addresses(&instance_network(), &text)),
        Ear::Bytes(OfBytes::Stderr) => {
            ignore(stderr::get_stderr().blocking_write_and_flush(text.as_bytes()));
        }
        Ear::Bytes(OfBytes::File) => ignore(new_file(&granted()).write(text.as_bytes(), 0)),
        Ear::Bytes(OfBytes::Datagram) => datagram(text.into_bytes()),
        Ear::Path(ear) => path(&granted(), &ear, &text),
        Ear::Http(ear) => request(&ear, text),
    }
    panic!("the host took {bytes} bytes");
}

/// From a source file of this name.
fn logged_at(file: &str) {
    let mut record = log::Record::builder();
    record.file(Some(file)).line(Some(1)).level(log::Level::Info);
    log::logger().log(&record.args(format_args!("small")).build());
}

/// Whatever came of it: the guest is not to be there any more.
fn ignore<T, E>(_: Result<T, E>) {}

fn granted() -> Descriptor {
    let (dir, _) = preopens::get_directories().swap_remove(0);
    dir
}

fn new_file(dir: &Descriptor) -> Descriptor {
    let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = dir.open_at(PathFlags::empty(), "mine", OpenFlags::CREATE, flags);
    file.expect("the directory may be written")
}

fn path(dir: &Descriptor, ear: &OfPath, text: &str) {
    let plain = PathFlags::empty();
    let now = NewTimestamp::Now;
    match ear {
        OfPath::Open => {
            ignore(dir.open_at(plain, text, OpenFlags::empty(), DescriptorFlags::READ));
        }
        OfPath::Stat => ignore(dir.stat_at(plain, text)),
        OfPath::Hash => ignore(dir.metadata_hash_at(plain, text)),
        OfPath::SetTimes => ignore(dir.set_times_at(plain, text, now, now)),
        OfPath::CreateDirectory => ignore(dir.create_directory_at(text)),
        OfPath::RemoveDirectory => ignore(dir.remove_directory_at(text)),
        OfPath::Unlink => ignore(dir.unlink_file_at(text)),
        OfPath::ReadLink => ignore(dir.readlink_at(text)),
        OfPath::LinkFrom => ignore(dir.link_at(plain, text, dir, "x")),
        OfPath::LinkTo => ignore(dir.link_at(plain, "x", dir, text)),
        OfPath::RenameFrom => ignore(dir.rename_at(text, dir, "x")),
        OfPath::RenameTo => ignore(dir.rename_at("x", dir, text)),
        OfPath::SymlinkTarget => ignore(dir.symlink_at(text, "x")),
        OfPath::SymlinkName => ignore(dir.symlink_at("x", text)),
    }
}

/// To where the task was granted to send.
fn datagram(data: Vec<u8>) {
    let at = |port, address| IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address });
    let socket = create_udp_socket(IpAddressFamily::Ipv4).expect("sockets may be made");
    socket.start_bind(&instance_network(), at(0, (0, 0, 0, 0))).expect("it may be bound");
    socket.finish_bind().expect("it may be bound");
    let (_, outgoing) = socket.stream(Some(at(9, (127, 0, 0, 1)))).expect("this was granted");
    let _ = outgoing.check_send();
    let _ = outgoing.send(&[OutgoingDatagram { data, remote_address: None }]);
}

fn request(ear: &OfHttp, text: String) {
    let fields = Fields::new();
    let request = || OutgoingRequest::new(Fields::new());
    match ear {
        OfHttp::HeaderName => ignore(fields.append(&text, b"x")),
        OfHttp::HeaderValue => ignore(fields.append("x", text.as_bytes())),
        OfHttp::HeaderList => ignore(Fields::from_list(&[("x".to_owned(), text.into_bytes())])),
        OfHttp::Method => ignore(request().set_method(&Method::Other(text))),
        OfHttp::Scheme => ignore(request().set_scheme(Some(&Scheme::Other(text)))),
        OfHttp::Authority => ignore(request().set_authority(Some(&text))),
        OfHttp::Path => ignore(request().set_path_with_query(Some(&text))),
        OfHttp::Body => {
            let request = request();
            let body = request.body().expect("it has a body");
            let stream = body.write().expect("it has a stream");
            let _ = stream.check_write();
            ignore(stream.write(text.as_bytes()));
        }
    }
}

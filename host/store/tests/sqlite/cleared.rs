//! What is left of a bucket that was cleared, until it is deleted.

use horarium_core::{
    Buckets, Editing, Store,
    effects::{Bucket, Changes, Key, Quota, Seen},
    retention::Retention,
    store::{BucketQuery, Edited},
};
use horarium_store::{SqliteHistory, SqliteStore};
use tempfile::tempdir;

use crate::{
    disk::beside,
    given::{at, name, tasks},
};

/// Entries of the bucket: more than are deleted at once.
const ENTRIES: u32 = 2500;

#[tokio::test]
async fn it_goes_though_its_host_ends_before() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    let bucket = Bucket::Own(name("a"));
    let keys = (0..ENTRIES).map(|number| Key::new(&number.to_string()).unwrap());
    let changes = Changes {
        bucket: bucket.clone(),
        quota: Quota::MOST,
        seen: Seen::Nothing,
        writes: keys.map(|key| (key, Some(b"value".to_vec()))).collect(),
    };
    assert!(matches!(store.edit(changes, at(1)).await.unwrap(), Edited::Made(_)));
    store.clear(bucket).await.unwrap();
    assert!(store.sweep().await.unwrap(), "there is more");
    store.close().await;

    let rows = |table: &str| -> u32 {
        let count = format!("SELECT count(*) FROM {table}");
        beside(data.path()).query_row(&count, [], |row| row.get(0)).unwrap()
    };
    let left = rows("entry");
    assert!(left > 0 && left < ENTRIES, "{left}");
    let store = SqliteStore::open(data.path()).unwrap();
    let history = SqliteHistory::open(data.path()).unwrap();
    assert_eq!(history.check().await.unwrap(), [] as [String; 0]);
    let all = BucketQuery { after: None, limit: 9 };
    assert_eq!(history.buckets(all).await.unwrap(), []);
    while store.prune(Retention::default(), at(2)).await.unwrap().more {}
    assert_eq!((rows("entry"), rows("bucket")), (0, 1));
    store.close().await;
}

#[tokio::test]
async fn what_is_counted_wrongly_is_a_fault() {
    let data = tempdir().unwrap();
    let store = SqliteStore::open(data.path()).unwrap();
    tasks(&store, &["a"]).await;
    let changes = Changes {
        bucket: Bucket::Own(name("a")),
        quota: Quota::DEFAULT,
        seen: Seen::Nothing,
        writes: vec![(Key::new("schlüssel").unwrap(), Some(b"value".to_vec()))],
    };
    store.edit(changes, at(1)).await.unwrap();
    store.close().await;
    let history = SqliteHistory::open(data.path()).unwrap();
    assert_eq!(history.check().await.unwrap(), [] as [String; 0]);
    for (sql, told) in [
        ("UPDATE bucket SET bytes = bytes + 1", "1 buckets that hold something else"),
        ("DELETE FROM bucket", "1 entries of a bucket that is not there"),
    ] {
        let connection = beside(data.path());
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute(sql, []).unwrap();
        let faults = history.check().await.unwrap();
        assert!(faults[0].starts_with(told), "{faults:?}");
    }
}

-- Events in ClickHouse: a Kafka table that reads, a table that keeps, a view that carries over.
-- At least once from Kafka, once in the answer: ReplacingMergeTree drops what has the same key, FINAL does so at once.
CREATE TABLE news_queue (event String)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'localhost:9092',
         kafka_topic_list = 'news.enriched',
         kafka_group_name = 'clickhouse',
         kafka_format = 'JSONAsString';

CREATE TABLE news_events
(
    id           String,
    story_id     String,
    status       LowCardinality(String),
    revision     UInt16,
    language     LowCardinality(String),
    source       LowCardinality(String),
    received_at  DateTime64(3, 'UTC'),
    published_at Nullable(DateTime64(3, 'UTC')),
    wars         Array(LowCardinality(String)),
    countries    Array(LowCardinality(String)),
    place        String,
    precision    LowCardinality(String),
    lat          Nullable(Float64),
    lon          Nullable(Float64),
    title        String,
    backfill     Bool,
    event        String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (toDate(received_at), id);

CREATE MATERIALIZED VIEW news_carry TO news_events AS
WITH arrayFirst(one -> JSONExtractString(one, 'role') = 'focus', JSONExtractArrayRaw(event, 'places')) AS focus
SELECT
    JSONExtractString(event, 'id') AS id,
    JSONExtractString(event, 'story_id') AS story_id,
    JSONExtractString(event, 'status') AS status,
    JSONExtractUInt(event, 'revision') AS revision,
    JSONExtractString(event, 'language') AS language,
    coalesce(nullIf(JSONExtractString(event, 'source', 'domain'), ''), JSONExtractString(event, 'source', 'name')) AS source,
    parseDateTime64BestEffort(JSONExtractString(event, 'received_at'), 3, 'UTC') AS received_at,
    parseDateTime64BestEffortOrNull(JSONExtractString(event, 'published_at'), 3, 'UTC') AS published_at,
    arrayMap(one -> JSONExtractString(one, 'id'), JSONExtractArrayRaw(event, 'conflicts')) AS wars,
    arrayMap(one -> JSONExtractString(one, 'code'), JSONExtractArrayRaw(event, 'countries')) AS countries,
    JSONExtractString(focus, 'name') AS place,
    JSONExtractString(focus, 'precision') AS precision,
    JSONExtract(focus, 'lat', 'Nullable(Float64)') AS lat,
    JSONExtract(focus, 'lon', 'Nullable(Float64)') AS lon,
    JSONExtractString(event, 'title') AS title,
    JSONExtractBool(event, 'provenance', 'backfill') AS backfill,
    event
FROM news_queue;

-- New stories of each war by the hour.
SELECT toStartOfHour(received_at) AS hour, arrayJoin(wars) AS war, uniqExact(story_id) AS stories
FROM news_events FINAL
WHERE status = 'new' AND NOT backfill AND received_at > now() - INTERVAL 1 DAY
GROUP BY hour, war
ORDER BY hour, stories DESC;

-- How old news is when it comes, by source.
SELECT source, count() AS items, quantiles(0.5, 0.95)(dateDiff('second', published_at, received_at)) AS seconds
FROM news_events FINAL
WHERE published_at IS NOT NULL AND NOT backfill
GROUP BY source
ORDER BY items DESC
LIMIT 20;

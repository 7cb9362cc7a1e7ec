-- The table connect-postgres.json writes to: one row an event, the event whole as JSON, what is asked for often beside it.
CREATE FUNCTION news_time(written text) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT AS
    $$ SELECT written::timestamptz $$;  -- immutable: times of events always carry their offset

CREATE TABLE news_events (
    ce_id        text PRIMARY KEY,
    event        jsonb NOT NULL,
    received_at  timestamptz GENERATED ALWAYS AS (news_time(event ->> 'received_at')) STORED,
    story_id     text GENERATED ALWAYS AS (event ->> 'story_id') STORED,
    status       text GENERATED ALWAYS AS (event ->> 'status') STORED,
    war          text GENERATED ALWAYS AS (event #>> '{conflicts,0,id}') STORED,
    country      text GENERATED ALWAYS AS (event #>> '{countries,0,code}') STORED
);
CREATE INDEX ON news_events (war, received_at);
CREATE INDEX ON news_events (story_id);

-- The latest version of each story of the last day, by war, with where it happened.
CREATE VIEW news_today AS
SELECT DISTINCT ON (story_id)
       story_id, war, country, received_at, event ->> 'title' AS title, event ->> 'url' AS url,
       place ->> 'name' AS place, place ->> 'precision' AS precision,
       (place ->> 'lat')::float AS lat, (place ->> 'lon')::float AS lon
FROM news_events
LEFT JOIN LATERAL (
    SELECT place FROM jsonb_array_elements(event -> 'places') AS place WHERE place ->> 'role' = 'focus' LIMIT 1
) AS focus ON true
WHERE received_at > now() - interval '1 day'
ORDER BY story_id, (event ->> 'revision')::int DESC;

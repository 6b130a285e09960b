-- A day of assets, added up from its plays and starts (storage/catalogue/view_days.py).
--
-- Plays that somebody may have watched are honest: they count for times, retention and quality, whether they count as a
-- view or not. Of those that were refused as crawlers, forgeries and the like only their number is told.
-- Whoever invents plays invents their bytes and stalls, too: no sum goes beyond :most, which columns hold.
-- Enough of an asset was seen by the threshold of xAPI's video profile, which goes by its duration.
WITH mine AS MATERIALIZED (
  SELECT *, outcome IN ('counted', 'repeated', 'too_short') AS honest
    FROM plays WHERE day = :day AND (:every OR asset_id = ANY(:chosen))
), sums AS (
  SELECT asset_id, partner_id, max(organization_id) AS organization_id,
    count(*) FILTER (WHERE outcome = 'counted') AS views,
    coalesce(sum(attendance) FILTER (WHERE outcome = 'counted'), 0) AS attendance,
    count(*) FILTER (WHERE honest) AS plays,
    coalesce(sum(played_ms) FILTER (WHERE honest), 0) AS played_ms,
    coalesce(sum(watched_ms) FILTER (WHERE honest), 0) AS watched_ms,
    -- In whole millionths: sums of fractions depend on their order.
    coalesce(sum(least(1000000, watched_ms * 1000000 / duration)) FILTER (WHERE honest AND duration > 0), 0)
      / 1000000::float AS completion,
    count(*) FILTER (
      WHERE honest AND duration > 0 AND watched_ms >= duration * (0.7 + 0.25 * least(duration, 600000) / 600000)
    ) AS completed,
    count(startup_ms) FILTER (WHERE honest) AS startups,
    coalesce(sum(startup_ms) FILTER (WHERE honest), 0) AS startup_ms,
    least(coalesce(sum(stalls) FILTER (WHERE honest), 0), :most) AS stalls,
    least(coalesce(sum(stall_ms) FILTER (WHERE honest), 0), :most) AS stall_ms,
    least(coalesce(sum((SELECT sum(value::bigint) FROM jsonb_each_text(errors)))
             FILTER (WHERE honest AND errors <> '{}'), 0), :most) AS errors,
    least(coalesce(sum(bitrate_ms) FILTER (WHERE honest), 0), :most) AS bitrate_ms,
    coalesce(sum(measured_ms) FILTER (WHERE honest), 0) AS measured_ms,
    least(coalesce(sum(bytes) FILTER (WHERE honest), 0), :most) AS bytes,
    -- Crawlers' playlists are no starts, so their plays answer for none.
    count(*) FILTER (WHERE source = 'player' AND outcome NOT IN ('crawler', 'prefetch')) AS told
    FROM mine GROUP BY asset_id, partner_id
), viewers AS (
  -- Nobody was named: then each is one.
  SELECT asset_id, partner_id, count(*) AS viewers FROM (
    SELECT DISTINCT asset_id, partner_id, CASE viewer WHEN '' THEN id ELSE viewer END FROM mine
     WHERE outcome = 'counted') AS each
   GROUP BY asset_id, partner_id
), begun AS (
  SELECT asset_id, partner_id, max(organization_id) AS organization_id,
         coalesce(sum(number) FILTER (WHERE kind = 'start'), 0) AS starts
    FROM starts WHERE day = :day AND (:every OR asset_id = ANY(:chosen)) GROUP BY asset_id, partner_id
), reasons AS (
  SELECT asset_id, partner_id, outcome AS reason, count(*) AS number FROM mine WHERE outcome <> 'counted'
   GROUP BY 1, 2, 3
  UNION ALL
  -- A crawler that fetched a playlist and told of its play is one, not two.
  SELECT asset_id, partner_id, kind, fetched - coalesce(told, 0) FROM (
    SELECT asset_id, partner_id, kind, sum(number) AS fetched FROM starts
     WHERE day = :day AND (:every OR asset_id = ANY(:chosen)) AND kind <> 'start'
     GROUP BY 1, 2, 3) AS lists
    LEFT JOIN (SELECT asset_id, partner_id, outcome AS kind, count(*) AS told FROM mine
                WHERE source = 'player' GROUP BY 1, 2, 3) AS those USING (asset_id, partner_id, kind)
   WHERE fetched > coalesce(told, 0)
  UNION ALL
  SELECT asset_id, partner_id, 'no_play', starts - coalesce(told, 0)
    FROM begun LEFT JOIN sums USING (asset_id, partner_id) WHERE starts > coalesce(told, 0)
), refused AS (
  SELECT asset_id, partner_id, jsonb_object_agg(reason, number) AS refused FROM (
    SELECT asset_id, partner_id, reason, sum(number)::bigint AS number FROM reasons GROUP BY 1, 2, 3) AS each
   GROUP BY asset_id, partner_id
), edges AS (
  SELECT asset_id, partner_id, edge.bin, sum(CASE edge.number % 2 WHEN 1 THEN 1 ELSE -1 END) AS more
    FROM mine, unnest(bins) WITH ORDINALITY AS edge (bin, number) WHERE honest GROUP BY 1, 2, 3
), retained AS (
  SELECT asset_id, partner_id, array_agg(number ORDER BY bin) AS retention FROM (
    SELECT asset_id, partner_id, bin,
           sum(coalesce(more, 0)) OVER (PARTITION BY asset_id, partner_id ORDER BY bin)::integer AS number
      FROM sums CROSS JOIN generate_series(0, 99) AS bins (bin) LEFT JOIN edges USING (asset_id, partner_id, bin)
  ) AS each GROUP BY asset_id, partner_id
)
INSERT INTO view_days (
      day, asset_id, partner_id, organization_id, rule_version, retention, views, attendance, viewers, plays,
      starts, refused, played_ms, watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms,
      errors, bitrate_ms, measured_ms, bytes
)
SELECT :day, asset_id, partner_id, coalesce(sums.organization_id, begun.organization_id), :rule,
       coalesce(retention, array_fill(0, ARRAY[100])),
       coalesce(views, 0), coalesce(attendance, 0), coalesce(viewers, 0), coalesce(plays, 0), coalesce(starts, 0),
       coalesce(refused, '{}'), coalesce(played_ms, 0), coalesce(watched_ms, 0), coalesce(completion, 0),
       coalesce(completed, 0), coalesce(startups, 0), coalesce(startup_ms, 0), coalesce(stalls, 0),
       coalesce(stall_ms, 0), coalesce(errors, 0), coalesce(bitrate_ms, 0), coalesce(measured_ms, 0),
       coalesce(bytes, 0)
  FROM sums FULL JOIN begun USING (asset_id, partner_id) LEFT JOIN viewers USING (asset_id, partner_id)
       LEFT JOIN refused USING (asset_id, partner_id) LEFT JOIN retained USING (asset_id, partner_id)

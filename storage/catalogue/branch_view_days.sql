-- Days of branches, each an organization with all below it, added up from the days of these organizations.
WITH RECURSIVE below (branch, id) AS (
  SELECT id, id FROM organizations WHERE id = ANY(:branches)
  UNION ALL
  SELECT below.branch, child.id FROM below JOIN organizations AS child ON child.parent_id = below.id
), mine AS (
  SELECT below.branch, days.* FROM below JOIN organization_view_days AS days ON days.organization_id = below.id
   WHERE days.day BETWEEN :first AND :last
), refused AS (
  SELECT branch, day, partner_id, jsonb_object_agg(reason, number) AS refused FROM (
    SELECT branch, day, CASE GROUPING(partner_id) WHEN 0 THEN partner_id ELSE :every END AS partner_id,
           reason.key AS reason, sum(reason.value::bigint)::bigint AS number
      FROM mine, jsonb_each_text(mine.refused) AS reason
     GROUP BY GROUPING SETS ((branch, day, reason.key, partner_id), (branch, day, reason.key))) AS each
   GROUP BY branch, day, partner_id
), sums AS (
  SELECT branch, day, CASE GROUPING(partner_id) WHEN 0 THEN partner_id ELSE :every END AS partner_id,
    max(rule_version) AS rule_version, sum(views) AS views, sum(attendance) AS attendance, sum(viewers) AS viewers,
    sum(plays) AS plays, sum(starts) AS starts, least(sum(played_ms), :most) AS played_ms, least(sum(watched_ms), :most) AS watched_ms,
    sum(round(completion * 1000000)::bigint) / 1000000::float AS completion, sum(completed) AS completed,
    sum(startups) AS startups, sum(startup_ms) AS startup_ms, least(sum(stalls), :most) AS stalls, least(sum(stall_ms), :most) AS stall_ms,
    least(sum(errors), :most) AS errors, least(sum(bitrate_ms), :most) AS bitrate_ms, sum(measured_ms) AS measured_ms, least(sum(bytes), :most) AS bytes,
    sum(views_elsewhere) AS views_elsewhere, least(sum(watched_elsewhere_ms), :most) AS watched_elsewhere_ms
    FROM mine GROUP BY GROUPING SETS ((branch, day, partner_id), (branch, day))
)
INSERT INTO branch_view_days (
      organization_id, day, partner_id, rule_version, refused, views, attendance, viewers, plays, starts, played_ms,
      watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms, errors, bitrate_ms, measured_ms, bytes,
      views_elsewhere, watched_elsewhere_ms
)
SELECT branch, day, partner_id, rule_version, coalesce(refused, '{}'), views, attendance, viewers, plays, starts,
       played_ms, watched_ms, completion, completed, startups, startup_ms, stalls, stall_ms, errors, bitrate_ms,
       measured_ms, bytes, views_elsewhere, watched_elsewhere_ms
  FROM sums LEFT JOIN refused USING (branch, day, partner_id)

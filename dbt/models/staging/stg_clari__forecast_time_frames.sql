{{ config(materialized='table') }}

-- The weeks of a forecast and quarter, counted from 1. A week that lies on the border belongs to both quarters.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        {{ clari.clari_text('timeFrameId') }} as time_frame_id,
        {{ clari.clari_date('startDate') }} as week_start_date,
        {{ clari.clari_date('endDate') }} as week_end_date,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_time_frames') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        time_frame_id,
        week_start_date,
        week_end_date,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, time_frame_id
            order by exported_at desc, preference
        ) as newest
    from named
),

begun as (
    select
        *,
        max(case when week_start_date <= {{ clari.clari_day('exported_at') }} then week_start_date end) over (
            partition by forecast_id, time_period
        ) as latest_week_start_date
    from ranked
    where newest = 1
)

select
    forecast_id,
    time_period,
    time_frame_id,
    week_start_date,
    week_end_date,
    -- Where Clari sends no weeks, the one frame of the period has no number and is the latest.
    case
        when week_start_date is not null
            then dense_rank() over (partition by forecast_id, time_period order by week_start_date)
    end as week_number,
    week_start_date is null or coalesce(week_start_date = latest_week_start_date, false) as is_latest_week,
    week_start_date is null or coalesce(week_start_date <= latest_week_start_date, false) as has_begun,
    exported_at
from begun

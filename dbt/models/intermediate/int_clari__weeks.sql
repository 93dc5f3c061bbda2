-- The weeks of each period: of a quarter all that have begun, of a month those of them with a day in it,
-- and those in which it was called ahead.
with begun_weeks as (
    select
        frames.forecast_id,
        frames.time_period,
        periods.time_period_id,
        frames.time_frame_id
    from {{ ref('stg_clari__forecast_time_frames') }} as frames
    inner join {{ ref('stg_clari__forecast_time_periods') }} as periods
        on
            frames.forecast_id = periods.forecast_id
            and frames.time_period = periods.time_period
    where
        frames.has_begun
        and (
            periods.time_period_id = periods.time_period
            or (
                frames.week_start_date <= periods.time_period_end_date
                and frames.week_end_date >= periods.time_period_start_date
            )
        )
),

entry_weeks as (
    select
        forecast_id,
        time_period,
        time_period_id,
        time_frame_id
    from {{ ref('stg_clari__forecast_entries') }}
),

either as (
    select * from begun_weeks
    union all
    select * from entry_weeks
),

together as (
    select distinct * from either
)

select
    together.forecast_id,
    together.time_period,
    together.time_period_id,
    together.time_frame_id,
    frames.week_number,
    frames.week_start_date,
    frames.week_end_date,
    row_number() over (
        partition by together.forecast_id, together.time_period_id
        order by coalesce(frames.week_number, 0) desc, together.time_frame_id desc
    ) = 1 as is_latest_week
from together
inner join {{ ref('stg_clari__forecast_time_frames') }} as frames
    on
        together.forecast_id = frames.forecast_id
        and together.time_period = frames.time_period
        and together.time_frame_id = frames.time_frame_id

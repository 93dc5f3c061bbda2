-- Owner × field × week without gaps: a week in which nothing was entered keeps the last known amount of its period.
with calls as (
    select * from {{ ref('int_clari__entered_calls') }}
),

series as (
    select
        calls.forecast_id,
        calls.time_period,
        calls.time_period_id,
        calls.owner_id,
        calls.field_id,
        min(coalesce(calls.week_number, 0)) as first_week_number,
        -- People who are gone carry nothing on.
        max(case when owners.is_current_owner then null else coalesce(owners.last_week_number, 0) end) as gone_after
    from calls
    inner join {{ ref('int_clari__owners') }} as owners
        on
            calls.forecast_id = owners.forecast_id
            and calls.time_period = owners.time_period
            and calls.owner_id = owners.owner_id
    group by calls.forecast_id, calls.time_period, calls.time_period_id, calls.owner_id, calls.field_id
),

grid as (
    select
        series.forecast_id,
        series.time_period,
        series.time_period_id,
        weeks.time_frame_id,
        weeks.week_number,
        weeks.week_start_date,
        weeks.week_end_date,
        weeks.is_latest_week,
        series.owner_id,
        series.field_id
    from series
    inner join {{ ref('int_clari__weeks') }} as weeks
        on
            series.forecast_id = weeks.forecast_id
            and series.time_period_id = weeks.time_period_id
            and series.first_week_number <= coalesce(weeks.week_number, 0)
            and coalesce(weeks.week_number, 0) <= coalesce(series.gone_after, weeks.week_number, 0)
),

entered as (
    select
        grid.*,
        calls.amount as entered_amount,
        calls.currency_code,
        -- Counts up at each entry: an entry and the empty weeks after it form a stretch.
        count(calls.amount) over (
            partition by grid.forecast_id, grid.time_period_id, grid.owner_id, grid.field_id
            order by coalesce(grid.week_number, 0)
            rows between unbounded preceding and current row
        ) as stretch
    from grid
    left join calls
        on
            grid.forecast_id = calls.forecast_id
            and grid.time_period_id = calls.time_period_id
            and grid.time_frame_id = calls.time_frame_id
            and grid.owner_id = calls.owner_id
            and grid.field_id = calls.field_id
)

select
    forecast_id,
    time_period,
    time_period_id,
    time_frame_id,
    week_number,
    week_start_date,
    week_end_date,
    is_latest_week,
    owner_id,
    field_id,
    max(entered_amount) over (
        partition by forecast_id, time_period_id, owner_id, field_id, stretch
    ) as amount,
    max(currency_code) over (
        partition by forecast_id, time_period_id, owner_id, field_id, stretch
    ) as currency_code,
    entered_amount is null as is_carried_forward
from entered

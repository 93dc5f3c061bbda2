-- What moved, week over week? A week in which nothing was entered keeps the last call, so it moves nothing.
with followed as (
    select
        *,
        lag(amount) over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by coalesce(week_number, 0)
        ) as previous_amount,
        lag(currency_code) over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by coalesce(week_number, 0)
        ) as previous_currency_code
    from {{ ref('int_clari__weekly_calls') }}
),

-- An amount in another currency can't be compared.
weekly as (
    select
        *,
        previous_amount is null as is_first,
        case when {{ clari.clari_same_currency('currency_code', 'previous_currency_code') }} then previous_amount end
            as previous_call_amount
    from followed
),

moved as (
    select
        weekly.*,
        series.forecast_name,
        series.time_period_label,
        series.is_current_quarter,
        series.owner_name,
        series.owner_email,
        series.person_id,
        series.owner_type,
        series.hierarchy_name,
        series.is_current_owner,
        series.field_name,
        series.field_type,
        weekly.amount - weekly.previous_call_amount as change_amount
    from weekly
    inner join {{ ref('int_clari__series') }} as series
        on
            weekly.forecast_id = series.forecast_id
            and weekly.time_period_id = series.time_period_id
            and weekly.owner_id = series.owner_id
            and weekly.field_id = series.field_id
    where series.field_type <> 'quota'
)

select
    forecast_id,
    forecast_name,
    time_period,
    time_period_id,
    time_period_label,
    is_current_quarter,
    time_frame_id,
    week_number,
    week_start_date,
    week_end_date,
    is_latest_week,
    owner_id,
    owner_name,
    owner_email,
    person_id,
    owner_type,
    hierarchy_name,
    is_current_owner,
    field_id,
    field_name,
    field_type,
    amount as call_amount,
    is_carried_forward,
    previous_call_amount,
    change_amount,
    case
        when is_first then 'first call'
        when previous_call_amount is null then 'currency changed'
        when change_amount > 0 then 'raised'
        when change_amount < 0 then 'lowered'
        when is_carried_forward then 'not entered'
        else 'unchanged'
    end as movement,
    -- 1 is the biggest of its week, managers and reps apart.
    case
        when change_amount is not null
            then rank() over (
                partition by forecast_id, time_period_id, time_frame_id, field_id, owner_type
                order by abs(coalesce(change_amount, 0)) desc
            )
    end as mover_rank,
    currency_code
from moved

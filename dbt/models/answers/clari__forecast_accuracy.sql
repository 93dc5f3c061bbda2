-- How good were the calls? The call of each week of a closed quarter, against what the quarter ended at.
with final_calls as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        field_id,
        amount as final_call_amount
    from {{ ref('int_clari__latest_calls') }}
),

compared as (
    select
        weekly.forecast_id,
        series.forecast_name,
        weekly.time_period,
        weekly.time_period_id,
        weekly.time_frame_id,
        weekly.week_number,
        weekly.week_start_date,
        weekly.owner_id,
        series.owner_name,
        series.owner_email,
        series.person_id,
        series.owner_type,
        series.hierarchy_name,
        series.is_current_owner,
        weekly.field_id,
        series.field_name,
        weekly.amount as call_amount,
        weekly.is_carried_forward,
        coalesce(targets.closed_amount, final_calls.final_call_amount) as ended_amount,
        case when targets.closed_amount is not null then 'closed' else 'last call' end as ended_basis,
        weekly.currency_code
    from {{ ref('int_clari__weekly_calls') }} as weekly
    inner join {{ ref('int_clari__series') }} as series
        on
            weekly.forecast_id = series.forecast_id
            and weekly.time_period_id = series.time_period_id
            and weekly.owner_id = series.owner_id
            and weekly.field_id = series.field_id
    inner join final_calls
        on
            weekly.forecast_id = final_calls.forecast_id
            and weekly.time_period_id = final_calls.time_period_id
            and weekly.owner_id = final_calls.owner_id
            and weekly.field_id = final_calls.field_id
    left join {{ ref('int_clari__targets') }} as targets
        on
            weekly.forecast_id = targets.forecast_id
            and weekly.time_period_id = targets.time_period_id
            and weekly.owner_id = targets.owner_id
    where
        series.is_over
        and series.field_type not in ('quota', 'adjustment')
)

select
    *,
    -- Signed: above zero was called too high. Average it for the bias.
    call_amount - ended_amount as bias_amount,
    {{ clari.clari_ratio('call_amount - ended_amount', 'abs(ended_amount)') }} as bias_ratio,
    -- Without sign. Average it for the error.
    abs(call_amount - ended_amount) as error_amount,
    {{ clari.clari_ratio('abs(call_amount - ended_amount)', 'abs(ended_amount)') }} as error_ratio
from compared

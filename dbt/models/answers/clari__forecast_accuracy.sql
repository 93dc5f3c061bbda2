-- How good were the calls? The call of each week of a closed quarter, against the quarter's final amount.
with
-- A field's final amount is what is closed of it; if that isn't known, what the owner has closed; else the last call.
final_amounts as (
    select
        calls.forecast_id,
        calls.time_period_id,
        calls.owner_id,
        calls.field_id,
        coalesce(own.amount, targets.closed_amount, calls.amount) as final_amount,
        case when coalesce(own.amount, targets.closed_amount) is null then 'last call' else 'closed' end as basis,
        case when own.amount is null then calls.currency_code else own.currency_code end as currency_code
    from {{ ref('int_clari__latest_calls') }} as calls
    left join {{ ref('int_clari__newest_amounts') }} as own
        on
            calls.forecast_id = own.forecast_id
            and calls.time_period_id = own.time_period_id
            and calls.owner_id = own.owner_id
            and calls.field_id = own.field_id
            and own.measure = 'closed'
    left join {{ ref('int_clari__targets') }} as targets
        on
            calls.forecast_id = targets.forecast_id
            and calls.time_period_id = targets.time_period_id
            and calls.owner_id = targets.owner_id
            and {{ clari.clari_same_currency('calls.currency_code', 'targets.currency_code') }}
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
        case when {{ clari.clari_same_currency('weekly.currency_code', 'final_amounts.currency_code') }}
            then final_amounts.final_amount
        end as ended_amount,
        final_amounts.basis as ended_basis,
        weekly.currency_code
    from {{ ref('int_clari__weekly_calls') }} as weekly
    inner join {{ ref('int_clari__series') }} as series
        on
            weekly.forecast_id = series.forecast_id
            and weekly.time_period_id = series.time_period_id
            and weekly.owner_id = series.owner_id
            and weekly.field_id = series.field_id
    inner join final_amounts
        on
            weekly.forecast_id = final_amounts.forecast_id
            and weekly.time_period_id = final_amounts.time_period_id
            and weekly.owner_id = final_amounts.owner_id
            and weekly.field_id = final_amounts.field_id
    where
        series.is_over
        and series.field_type not in ('quota', 'adjustment')
)

select
    *,
    -- Signed: above zero, the call was too high. Average it for the bias.
    call_amount - ended_amount as bias_amount,
    {{ clari.clari_ratio('call_amount - ended_amount', 'abs(ended_amount)') }} as bias_ratio,
    -- Without sign. Average it for the error.
    abs(call_amount - ended_amount) as error_amount,
    {{ clari.clari_ratio('abs(call_amount - ended_amount)', 'abs(ended_amount)') }} as error_ratio
from compared

-- Of each owner's field the newest quota, call, closed amount and CRM total. Each may be of another week.
with entries as (
    select
        entries.*,
        case when entries.field_type = 'quota' then coalesce(entries.quota_amount, entries.forecast_amount)
            else entries.quota_amount
        end as quota
    from {{ ref('stg_clari__forecast_entries') }} as entries
    inner join {{ ref('stg_clari__forecast_users') }} as owners
        on
            entries.forecast_id = owners.forecast_id
            and entries.time_period = owners.time_period
            and entries.owner_id = owners.owner_id
    where {{ clari.clari_is_known('entries', 'owners') }}
),

measured as (
    {% for measure, column in [
        ('quota', 'quota'), ('called', 'forecast_amount'), ('closed', 'crm_closed'), ('total', 'crm_total')
    ] -%}
    select
        *,
        '{{ measure }}' as measure,
        {{ column }} as amount
    from entries
    where {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id, field_id, measure
            order by coalesce(week_number, 0) desc, time_frame_id desc
        ) as newest
    from measured
)

select
    forecast_id,
    time_period,
    time_period_id,
    owner_id,
    field_id,
    field_type,
    measure,
    amount,
    currency_code,
    week_number
from ranked
where newest = 1

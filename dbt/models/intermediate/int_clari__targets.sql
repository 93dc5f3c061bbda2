{%- set closed_fields = var('clari_closed_fields', []) -%}
{%- set named_fields = {
    'quota': var('clari_quota_fields', []),
    'called' if closed_fields else 'closed': closed_fields,
    'total': var('clari_coverage_fields', []),
} -%}

-- What an owner's call is held against in a period: the quota, what is closed, and what the CRM has in all.
with candidates as (
    {% for measure, fields in named_fields.items() -%}
    select
        *,
        {{ 'true' if fields else 'false' }} as is_named
    from {{ ref('int_clari__newest_amounts') }}
    where
        measure = '{{ measure }}'
        {% if fields %}and field_id in ({{ clari.clari_literals(fields) }}){% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The named fields count together. If none is named, one counts: the largest, but of quotas, which may come as a field
-- of their own, on each entry, or both ways, the newest, a quota field's first.
ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id, measure
            order by
                case when measure = 'quota' and coalesce(field_type, '') <> 'quota' then 1 else 0 end,
                case when measure = 'quota' then coalesce(week_number, 0) else amount end desc,
                field_id
        ) as preference
    from candidates
),

summed as (
    select
        forecast_id,
        time_period,
        time_period_id,
        owner_id,
        measure,
        sum(amount) as amount,
        max(currency_code) as currency_code
    from ranked
    where is_named or preference = 1
    group by forecast_id, time_period, time_period_id, owner_id, measure
    having {{ clari.clari_one_currency('ranked.currency_code') }}
),

-- The row is in the quota's currency, or else in that of what is closed, or of the CRM's total.
compared as (
    select
        *,
        first_value(currency_code) over (
            partition by forecast_id, time_period_id, owner_id
            order by case measure when 'quota' then 1 when 'total' then 3 else 2 end
        ) as row_currency_code
    from summed
)

select
    forecast_id,
    time_period,
    time_period_id,
    owner_id,
    max(case when measure = 'quota' then amount end) as quota_amount,
    max(case when measure in ('called', 'closed') then amount end) as closed_amount,
    max(case when measure = 'total' then amount end) as crm_total,
    max(currency_code) as currency_code
from compared
where {{ clari.clari_same_currency('compared.currency_code', 'compared.row_currency_code') }}
group by forecast_id, time_period, time_period_id, owner_id

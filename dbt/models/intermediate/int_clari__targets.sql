{%- set closed_fields = var('clari_closed_fields', []) -%}
{%- set quota_fields = var('clari_quota_fields', []) -%}
{%- set coverage_fields = var('clari_coverage_fields', []) -%}

-- What an owner's call is held against in a period: the quota, what is closed, and what the CRM has in all.
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
    where
        entries.is_in_latest_export
        or (entries.is_in_owners_latest_export and not owners.is_in_latest_export)
),

-- A quota may come as a field of its own, on each entry, or both ways: one is taken, the newest, a quota field's first.
quotas as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        quota,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id
            order by case when field_type = 'quota' then 0 else 1 end, coalesce(week_number, 0) desc, field_id
        ) as preference
    from entries
    where
        quota is not null
        {% if quota_fields %}and field_id in ({{ clari.clari_literals(quota_fields) }}){% endif %}
),

-- Of each field the latest week that holds a total; of the fields the named ones together, else the largest.
totals as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        field_id,
        crm_total,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by coalesce(week_number, 0) desc
        ) as newest
    from entries
    where
        crm_total is not null
        {% if coverage_fields %}and field_id in ({{ clari.clari_literals(coverage_fields) }}){% endif %}
),

covered as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        {{ 'sum' if coverage_fields else 'max' }}(crm_total) as crm_total
    from totals
    where newest = 1
    group by forecast_id, time_period_id, owner_id
),

closings as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        field_id,
        {{ 'forecast_amount' if closed_fields else 'crm_closed' }} as closed_amount,
        row_number() over (
            partition by forecast_id, time_period_id, owner_id, field_id
            order by coalesce(week_number, 0) desc
        ) as newest
    from entries
    where
        {% if closed_fields -%}
        forecast_amount is not null
        and field_id in ({{ clari.clari_literals(closed_fields) }})
        {%- else -%}
        crm_closed is not null
        {%- endif %}
),

closed as (
    select
        forecast_id,
        time_period_id,
        owner_id,
        {{ 'sum' if closed_fields else 'max' }}(closed_amount) as closed_amount
    from closings
    where newest = 1
    group by forecast_id, time_period_id, owner_id
),

owners as (
    select distinct
        forecast_id,
        time_period,
        time_period_id,
        owner_id
    from entries
)

select
    owners.forecast_id,
    owners.time_period,
    owners.time_period_id,
    owners.owner_id,
    quotas.quota as quota_amount,
    closed.closed_amount,
    covered.crm_total
from owners
left join quotas
    on
        owners.forecast_id = quotas.forecast_id
        and owners.time_period_id = quotas.time_period_id
        and owners.owner_id = quotas.owner_id
        and quotas.preference = 1
left join closed
    on
        owners.forecast_id = closed.forecast_id
        and owners.time_period_id = closed.time_period_id
        and owners.owner_id = closed.owner_id
left join covered
    on
        owners.forecast_id = covered.forecast_id
        and owners.time_period_id = covered.time_period_id
        and owners.owner_id = covered.owner_id

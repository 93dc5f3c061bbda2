-- Does a manager call what the reports call? The manager's own call, apart from the sums of those below.
with
-- Roles with a current owner below them.
managing_roles as (
    select distinct
        tree.forecast_id,
        tree.time_period,
        tree.ancestor_hierarchy_id as hierarchy_id
    from {{ ref('int_clari__hierarchy') }} as tree
    inner join {{ ref('int_clari__owners') }} as owners
        on
            tree.forecast_id = owners.forecast_id
            and tree.time_period = owners.time_period
            and tree.hierarchy_id = owners.hierarchy_id
    where tree.distance > 0 and owners.is_current_owner
),

calls as (
    select
        calls.forecast_id,
        calls.time_period_id,
        calls.owner_id,
        calls.field_id,
        calls.amount,
        calls.currency_code,
        series.forecast_name,
        series.time_period,
        series.is_current_quarter,
        series.owner_name,
        series.owner_email,
        series.hierarchy_id,
        series.field_name,
        -- Who has somebody below is a manager, whatever the scope says; a scope may say nothing at all.
        coalesce(series.owner_type, 'rep') <> 'manager' and managing_roles.hierarchy_id is null as is_rep
    from {{ ref('int_clari__latest_calls') }} as calls
    inner join {{ ref('int_clari__series') }} as series
        on
            calls.forecast_id = series.forecast_id
            and calls.time_period_id = series.time_period_id
            and calls.owner_id = series.owner_id
            and calls.field_id = series.field_id
    left join managing_roles
        on
            series.forecast_id = managing_roles.forecast_id
            and series.time_period = managing_roles.time_period
            and series.hierarchy_id = managing_roles.hierarchy_id
    where
        series.is_current_owner
        and series.is_current_field
        and series.field_type not in ('quota', 'adjustment')
),

sums as (
    select
        tree.forecast_id,
        tree.time_period,
        tree.ancestor_hierarchy_id as hierarchy_id,
        calls.time_period_id,
        calls.field_id,
        max(calls.field_name) as field_name,
        max(calls.currency_code) as currency_code,
        {{ clari.clari_one_currency('calls.currency_code') }} as is_one_currency,
        sum(case when tree.distance = 1 then calls.amount end) as direct_reports_amount,
        sum(case when calls.is_rep then calls.amount end) as reps_amount,
        count(distinct case when tree.distance = 1 then calls.owner_id end) as direct_reports,
        count(distinct case when calls.is_rep then calls.owner_id end) as reps
    from {{ ref('int_clari__hierarchy') }} as tree
    inner join calls
        on
            tree.forecast_id = calls.forecast_id
            and tree.time_period = calls.time_period
            and tree.hierarchy_id = calls.hierarchy_id
    where tree.distance > 0
    group by
        tree.forecast_id,
        tree.time_period,
        tree.ancestor_hierarchy_id,
        calls.time_period_id,
        calls.field_id
),

below as (
    select
        forecast_id,
        time_period_id,
        hierarchy_id,
        field_id,
        direct_reports,
        case when is_one_currency then direct_reports_amount end as direct_reports_amount,
        reps,
        case when is_one_currency then reps_amount end as reps_amount,
        case when is_one_currency then currency_code end as currency_code
    from sums
)

select
    series.forecast_id,
    series.forecast_name,
    series.time_period,
    series.time_period_id,
    series.is_current_quarter,
    series.owner_id,
    series.owner_name,
    series.owner_email,
    series.hierarchy_id,
    series.hierarchy_name,
    series.field_id,
    series.field_name,
    calls.amount as own_call_amount,
    calls.currency_code as own_currency_code,
    below.direct_reports,
    below.direct_reports_amount,
    below.reps,
    below.reps_amount,
    case when {{ clari.clari_same_currency('calls.currency_code', 'below.currency_code') }}
        then calls.amount - below.direct_reports_amount
    end as own_less_direct_reports_amount,
    below.currency_code
from {{ ref('int_clari__series') }} as series
inner join below
    on
        series.forecast_id = below.forecast_id
        and series.time_period_id = below.time_period_id
        and series.hierarchy_id = below.hierarchy_id
        and series.field_id = below.field_id
left join calls
    on
        series.forecast_id = calls.forecast_id
        and series.time_period_id = calls.time_period_id
        and series.owner_id = calls.owner_id
        and series.field_id = calls.field_id
where series.is_current_owner

"""Monte Carlo written from the model's definition alone."""

from asymptotics.simulation.campaign import (
    CampaignStatus,
    campaign_status,
    collect_campaign,
    merge_stores,
    read_store,
    run_campaign,
)
from asymptotics.simulation.estimate import Estimate, Statistic
from asymptotics.simulation.execution import process_pool
from asymptotics.simulation.planning import Campaign, plan_campaign
from asymptotics.simulation.running import draw_campaign, simulate

__all__ = [
    "Campaign",
    "CampaignStatus",
    "Estimate",
    "Statistic",
    "campaign_status",
    "collect_campaign",
    "draw_campaign",
    "merge_stores",
    "plan_campaign",
    "process_pool",
    "read_store",
    "run_campaign",
    "simulate",
]
